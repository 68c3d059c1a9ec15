/**
 * Reclaims what one claimed lease owned.
 *
 * Invariants:
 * - Every step can be repeated: a coordinator may die after any of them, and another one takes up what is left.
 * - One thing that refuses does not keep the others from being reclaimed; the lease is finished only when all went.
 * - Nothing that another live lease owns as well is touched; that is asked right before each thing.
 * - A claim that turns out to be lost is left at once: the rest is another coordinator's.
 * - Each reclaimer has its time. One that ignores its signal is left behind a little later, and named.
 */
import { inspect } from 'node:util'
import { aborted } from '../errors/abort.ts'
import { OakumError } from '../errors/error.ts'
import { bounded } from './bounded.ts'
import type { Reclaimer, ReclaimOutcome } from './reclaimers/reclaimer.ts'
import type { AgentRecord, Claim, OwnedResource } from './records.ts'
import type { FinishFacts, FleetStore } from './store.ts'

export interface ReclaimParts {
  store: FleetStore
  reclaimers: ReadonlyMap<string, Reclaimer>
  /** Milliseconds that each reclaimer has. */
  reclaimTimeout: number
  /** From this attempt on a lease that cannot be reclaimed is quarantined. */
  maxAttempts: number
  /** Milliseconds until the second attempt; doubles with each. */
  retryAfter: number
}

/** What a released agent still owned, and what became of it. */
export interface ReleaseReport {
  /** How many things were there and are gone now. */
  released: number
  /** What was left on purpose, and why. */
  kept: FinishFacts['kept']
}

export interface ReclaimResult extends ReleaseReport {
  claim: Claim
  /** `lost`: another coordinator has taken it over. */
  status: 'finished' | 'retry' | 'quarantined' | 'lost'
  error?: Error
}

const RETRY_AT_MOST = 60_000

/** Why a thing is left alone. */
const WHY = { shared: 'another agent owns it too', occupied: 'another agent owns something in it' } as const

/** @param signal Aborts when the claim was lost, or the caller gave up; the lease is then left to whoever comes next. */
export async function reclaimLease(claim: Claim, parts: ReclaimParts, signal: AbortSignal): Promise<ReclaimResult> {
  const startedAt = performance.now()
  const { store, maxAttempts } = parts
  const done: { released: number; kept: FinishFacts['kept'][number][]; errors: Error[] } = {
    released: 0,
    kept: [],
    errors: [],
  }
  const report = (status: ReclaimResult['status'], error?: Error): ReclaimResult => ({
    claim,
    status,
    released: done.released,
    kept: done.kept,
    ...(error === undefined ? {} : { error }),
  })

  const { agent } = claim
  if (agent === null) {
    const error = new OakumError('STORE_CORRUPT', `The record of ${claim.id} cannot be read.`, {
      facts: { id: claim.id },
    })
    // Without its record nobody knows what may be touched: people have to look, and trying again would not help.
    return report(await store.fail(claim.token, { error: error.message, maxAttempts: 0, retryIn: 0 }), error)
  }
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    await step().catch((error: unknown) => done.errors.push(asError(error)))
  }
  let resources: OwnedResource[] = []
  await attempt(async () => {
    resources = inOrder(await store.resources(claim, { signal }))
  })
  let lost = false
  for (const resource of resources) {
    if (signal.aborted || lost) break
    await attempt(async () => {
      const { kind, key } = resource
      const standing = await store.mayReclaim(claim.token, kind, key, { signal })
      if (standing === 'lost') {
        lost = true
        return
      }
      const outcome = standing === 'free' ? await reclaimOne(resource, agent, parts, signal) : { kept: WHY[standing] }
      if (outcome === 'released') done.released++
      if (typeof outcome === 'object') done.kept.push({ kind, key, why: outcome.kept })
      else lost = !(await store.reclaimed(claim.token, kind, key))
    })
  }
  if (signal.aborted) return report('lost', aborted(signal))
  if (lost) return report('lost')
  if (done.errors.length > 0) {
    const error = done.errors.length === 1 ? done.errors[0] : new AggregateError(done.errors, messagesOf(done.errors))
    const retryIn = Math.min(parts.retryAfter * 2 ** (claim.attempt - 1), RETRY_AT_MOST)
    return report(await store.fail(claim.token, { error: messagesOf(done.errors), maxAttempts, retryIn }), error)
  }
  const milliseconds = Math.round(performance.now() - startedAt)
  const finished = await store.finish(claim.token, { released: done.released, kept: done.kept, milliseconds })
  return report(finished ? 'finished' : 'lost')
}

/** What runs goes first, since it uses the rest. */
const RUNNING: ReadonlySet<string> = new Set(['process', 'tmux', 'container'])

/** Last in, first out. */
function inOrder(resources: readonly OwnedResource[]): OwnedResource[] {
  const { running = [], rest = [] } = Object.groupBy(resources.toReversed(), ({ kind }) =>
    RUNNING.has(kind) ? 'running' : 'rest',
  )
  return [...running, ...rest]
}

async function reclaimOne(
  resource: OwnedResource,
  agent: AgentRecord,
  { reclaimers, reclaimTimeout }: ReclaimParts,
  signal: AbortSignal,
): Promise<ReclaimOutcome> {
  const { kind, key } = resource
  const reclaimer = reclaimers.get(kind)
  if (reclaimer === undefined) {
    throw new OakumError('KIND_UNKNOWN', `No reclaimer is known for ${kind} ${key}.`, { facts: { kind, key } })
  }
  const outcome = await bounded(
    `Reclaiming ${kind} ${key}`,
    inner => reclaimer.reclaim(resource, { agent, epoch: agent.epoch, signal: inner }),
    reclaimTimeout,
    signal,
  )
  return outcome ?? 'released'
}

function messagesOf(errors: readonly Error[]): string {
  return errors.map(({ message }) => message).join(' ')
}

/** What a user's reclaimer throws can be anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`Not an error was thrown: ${inspect(thrown)}`)
}
