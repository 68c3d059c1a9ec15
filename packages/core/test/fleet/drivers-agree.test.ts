/**
 * The drivers against each other: whatever happens to a fleet, memory and SQLite answer the same. The clock stands still
 * between steps and moves with each registration, so that epochs are the same as well; tokens and random ids are left out.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOakumError } from '../../src/errors/error.ts'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import type { LeaseRef } from '../../src/fleet/records.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { CLAIM_TTL, LEASE_TTL, NOTHING_HELD, registration } from './contract-values.ts'
import { GUARD } from './guarded-sweeps.ts'
import { SqliteFolder } from './sqlite-folder.ts'

/** What has happened so far, the same for both stores but for the tokens. */
interface History {
  refs: LeaseRef[]
  /** The tokens of each claim, in the order of the stores. */
  tokens: string[][]
}

/** One step: what to do to a store, given what happened so far. `which` tells the stores apart. */
type Step = (store: FleetStore, history: History, which: number) => Promise<unknown>

/** A step, and how far the clock goes before it. */
interface Move {
  label: string
  advance: number
  run: Step
}

const pick = fc.nat({ max: 5 })
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const limit = fc.integer({ min: 1, max: 4 })

const step: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(name, fc.option(pick), fc.boolean(), pick).map(register) },
  { weight: 4, arbitrary: onLease('beat', (store, ref) => store.beat([ref, { id: 'nobody', epoch: '1' }])) },
  onLease('progress', (store, ref) => store.beat([{ ...ref, progressed: true }])),
  onLease('update', (store, ref) => store.update(ref, { state: 'busy', phase: 'alive' })),
  onLease('drain', (store, ref) => store.update(ref, { phase: 'draining' })),
  onLease('own', (store, ref) => store.own(ref, { kind: 'key', key: ref.id })),
  onLease('own shared', (store, ref) => store.own(ref, { kind: 'key', key: 'shared', data: { by: ref.epoch } })),
  onLease('disown', (store, ref) => store.disown(ref, 'key', 'shared')),
  onLease('set', (store, ref) => store.setKey(ref, 'k', ref.epoch)),
  onLease('delete', (store, ref) => store.deleteKey(ref, 'k')),
  onLease('lock', (store, ref) => store.tryLock(ref, 'l')),
  onLease('unlock', (store, ref) => store.unlock(ref, 'l')),
  onLease('stop', (store, ref) => store.requestStop(ref.id)),
  onLease('foresee', store => store.expired(3)),
  onLease('foresee guarded', store => store.expired(3, { guard: GUARD })),
  { weight: 4, arbitrary: limit.map(most => claim(`claim ${most}`, () => ({ by: 'expired' }), most)) },
  {
    weight: 4,
    arbitrary: limit.map(most => claim(`claim ${most} guarded`, () => ({ by: 'expired', guard: GUARD }), most)),
  },
  limit.map(most => claim(`claim ${most} by force`, () => ({ by: 'expired', force: true }), most)),
  onLease('retry', async (store, ref) => [await store.quarantined(), await store.retry(ref.id)]),
  fc.constant({ label: 'retry all', advance: 0, run: store => store.retry() } satisfies Move),
  fc.tuple(pick, limit).map(([index, most]) => claim('claim dead', ({ refs }) => proven(refs, index), most)),
  pick.map(index => claim('claim released', ({ refs }) => released(refs, index), 1)),
  onClaim('renew', (store, token) => store.renewClaims([token], CLAIM_TTL)),
  onClaim('reclaimed', (store, token) => store.reclaimed(token, 'key', 'shared')),
  { weight: 3, arbitrary: onClaim('finish', (store, token) => store.finish(token, NOTHING_HELD)) },
  {
    weight: 3,
    arbitrary: onClaim('fail', (store, token) => store.fail(token, { error: 'x', maxAttempts: 2, retryIn: 100 })),
  },
  { weight: 3, arbitrary: fc.constantFrom(1, 99, 100, CLAIM_TTL, LEASE_TTL - 1, LEASE_TTL, 3 * LEASE_TTL).map(wait) },
)

test('memory and SQLite answer alike, whatever happens', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120 }), compare), { numRuns: 25 })
})

async function compare(steps: readonly Move[]): Promise<void> {
  const folder = await SqliteFolder.create()
  try {
    const memory = createMemoryFleetStore({ clock: folder.clock })
    const sqlite = await folder.connect()
    const history: History = { refs: [], tokens: [] }
    for (const { label, advance, run } of steps) {
      folder.clock.advance(advance)
      const before = structuredClone(history)
      const expected = await outcome(() => run(memory, history, 0))
      const found = await outcome(() => run(sqlite, sameClaims(before, history), 1))
      expect(found, label).toEqual(expected)
    }
    expect(await snapshot(sqlite, history.refs)).toEqual(await snapshot(memory, history.refs))
  } finally {
    await folder.remove()
  }
}

/** SQLite sees the history as it was, but fills in its tokens where memory left its own. */
function sameClaims(before: History, after: History): History {
  return { refs: before.refs, tokens: after.tokens }
}

async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return withoutTokens(await work())
  } catch (error) {
    if (!isOakumError(error)) throw error
    return { code: error.code, facts: withoutTokens(error.facts) }
  }
}

async function snapshot(store: FleetStore, refs: readonly LeaseRef[]): Promise<unknown> {
  const held = await Promise.all(refs.map(ref => store.resources(ref)))
  const { events } = await store.pendingEvents(1_000)
  const named = events.map(({ id, ...event }) => [event, event.type === 'agent_state' ? 'random' : id])
  return [await store.list(), await store.counts(), await store.tombstones(), await store.getKey('k'), held, named]
}

function withoutTokens(value: unknown): unknown {
  const text = JSON.stringify(value, (key, inner: unknown) => (key === 'token' ? undefined : inner))
  return text === undefined ? undefined : JSON.parse(text)
}

function register([id, parentAt, supersede, host]: [string, number | null, boolean, number]): {
  label: string
  advance: number
  run: Step
} {
  // Made once, so that both stores get the same nonce.
  const input = registration(id, { host: `host-${host}`, resources: [{ kind: 'key', key: 'shared' }] })
  const run: Step = async (store, history) => {
    const parent = parentAt === null ? undefined : at(history.refs, parentAt)
    const current = supersede ? (await store.get(id))?.epoch : undefined
    const reply = await store.register({
      ...input,
      ...(parent === undefined ? {} : { parent }),
      ...(current === undefined ? {} : { supersede: current }),
    })
    history.refs.push({ id, epoch: reply.epoch })
    return reply
  }
  return { label: `register ${id}`, advance: 1, run }
}

function onLease(label: string, call: (store: FleetStore, ref: LeaseRef) => Promise<unknown>): fc.Arbitrary<Move> {
  return pick.map(index => ({
    label,
    advance: 0,
    run: async (store, { refs }) => {
      const ref = at(refs, index)
      return ref === undefined ? undefined : call(store, ref)
    },
  }))
}

function onClaim(label: string, call: (store: FleetStore, token: string) => Promise<unknown>): fc.Arbitrary<Move> {
  return pick.map(index => ({
    label,
    advance: 0,
    run: async (store, { tokens }, which) => {
      const token = at(tokens, index)?.[which]
      if (token === undefined) return undefined
      const reply = await call(store, token)
      // The tokens that were lost are told by their number.
      return Array.isArray(reply) ? reply.length : reply
    },
  }))
}

function claim(
  label: string,
  what: (history: History) => Parameters<FleetStore['claim']>[0]['what'],
  most: number,
): Move {
  const run: Step = async (store, history, which) => {
    const reply = await store.claim({ holder: 'c', claimTtl: CLAIM_TTL, limit: most, what: what(history) })
    for (const [index, { token }] of reply.claims.entries()) {
      if (which === 0) history.tokens.push([token])
      else history.tokens.at(index - reply.claims.length)?.push(token)
    }
    return reply
  }
  return { label, advance: 0, run }
}

function wait(advance: number): Move {
  return { label: `wait ${advance}`, advance, run: () => Promise.resolve(undefined) }
}

function proven(refs: readonly LeaseRef[], index: number): { by: 'proven'; refs: LeaseRef[] } {
  return { by: 'proven', refs: refs.slice(-1 - index).slice(0, 2) }
}

function released(refs: readonly LeaseRef[], index: number): { by: 'released'; ref: LeaseRef } {
  return { by: 'released', ref: at(refs, index) ?? { id: 'nobody', epoch: '1' } }
}

/** One of the latest few: what came long before has ended, and answers alike in any store. */
function at<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list.at(-1 - (index % list.length))
}
