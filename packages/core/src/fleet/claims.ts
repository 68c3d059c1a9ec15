/**
 * Reclaims a batch of claims, and keeps them while it does.
 *
 * Invariants:
 * - Children before their parents; agents that are no kin at once, but at most `CONCURRENT` of them.
 * - Claims are renewed until the last of the batch is done. One that was lost is stopped, and nothing is written for it.
 * - No timer stays behind.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { isOakumError, OakumError } from '../errors/error.ts'
import type { Claim } from './records.ts'
import { asError, reclaimLease, type ReclaimParts, type ReclaimResult } from './reclaim.ts'

export interface BatchParts extends ReclaimParts {
  /** Milliseconds for which a claim stands without being renewed. */
  claimTtl: number
  /** Milliseconds between the claim, which is announced, and the first reclaimer. */
  grace: number
}

const CONCURRENT = 8
/** How often a lease is taken up while other processes keep the store busy, and the milliseconds between, at first. */
const BUSY_TRIES = 5
const BUSY_WAIT = 200

/** @param signal When it aborts, what is left undone is left to whoever claims it next. */
export async function reclaimAll(
  claims: readonly Claim[],
  parts: BatchParts,
  signal?: AbortSignal,
): Promise<ReclaimResult[]> {
  if (claims.length === 0) return []
  const held = new Map(claims.map(claim => [claim.token, new AbortController()]))
  const abortAll = (): void => {
    for (const controller of held.values()) controller.abort(signal?.reason)
  }
  signal?.addEventListener('abort', abortAll, { once: true })
  if (signal?.aborted === true) abortAll()
  const renewal = setInterval(() => void renew(held, parts), parts.claimTtl / 3)
  try {
    // An abort ends the grace; what follows sees it by itself.
    if (parts.grace > 0) await pause(parts.grace, undefined, { ...(signal && { signal }) }).catch(() => undefined)
    const slots = new Slots(CONCURRENT)
    const below = childrenIn(claims)
    const running = new Map<Claim, Promise<ReclaimResult>>()
    const start = (claim: Claim): Promise<ReclaimResult> => {
      let result = running.get(claim)
      if (result === undefined) {
        result = run(claim)
        running.set(claim, result)
      }
      return result
    }
    const run = async (claim: Claim): Promise<ReclaimResult> => {
      await Promise.all((below.get(claim) ?? []).map(start))
      const own = held.get(claim.token)?.signal ?? AbortSignal.abort()
      const result = await slots.run(() => attempt(claim, parts, own))
      held.delete(claim.token)
      return result
    }
    return await Promise.all(claims.map(start))
  } finally {
    clearInterval(renewal)
    signal?.removeEventListener('abort', abortAll)
  }
}

/**
 * Also a store that fails does not stop the others: the claim runs out, and is taken again. A busy one is asked again while
 * the claim stands, since every step can be repeated, and running out takes a minute.
 */
async function attempt(claim: Claim, parts: BatchParts, signal: AbortSignal): Promise<ReclaimResult> {
  for (let tries = 1; ; tries++) {
    try {
      return await reclaimLease(claim, parts, signal)
    } catch (error) {
      const again = isOakumError(error, 'STORE_BUSY') && tries < BUSY_TRIES && !signal.aborted
      if (!again) return { claim, status: 'lost', released: 0, kept: [], error: asError(error) }
      await pause(BUSY_WAIT * Math.random() * tries, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function renew(held: ReadonlyMap<string, AbortController>, { store, claimTtl }: BatchParts): Promise<void> {
  try {
    const lost = await store.renewClaims([...held.keys()], claimTtl)
    for (const token of lost) held.get(token)?.abort(new OakumError('FENCED', 'The claim was taken over.'))
  } catch {
    // The next renewal tries again, well before the claims run out.
  }
}

/** The claims right below each claim of the batch. A cycle, which only a damaged store can have, is cut. */
function childrenIn(claims: readonly Claim[]): ReadonlyMap<Claim, Claim[]> {
  const byName = new Map(claims.map(claim => [`${claim.id} ${claim.epoch}`, claim]))
  const below = new Map<Claim, Claim[]>()
  for (const claim of claims) {
    const parent = claim.agent?.parent && byName.get(`${claim.agent.parent.id} ${claim.agent.parent.epoch}`)
    if (parent === undefined || parent.depth >= claim.depth) continue
    const children = below.get(parent)
    if (children === undefined) below.set(parent, [claim])
    else children.push(claim)
  }
  return below
}

/** At most so many at once, first come, first served. */
class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
