/**
 * What becomes of agents that are alive, but make no progress: whoever set up the coordinator decides.
 *
 * Invariants:
 * - Every coordinator tells of stalled agents, by an event each; one that has no verdict leaves them to those that have.
 * - One coordinator at a time asks for a verdict on an agent. Should it vanish, or its verdict fail, another one asks again.
 * - A verdict that comes too late, because the agent went on meanwhile, changes nothing.
 */
import { OakumError } from '../../errors/error.ts'
import { bounded } from '../bounded.ts'
import type { AgentRecord } from '../records.ts'
import type { CallOptions, ClaimReply, FleetStore } from '../store.ts'
import { LIST_LIMIT } from '../store-limits.ts'

/**
 * `ignore` leaves the agent alone until it has made progress and stalled again; `stop` asks it to stop; `reclaim` ends its lease, and
 * reclaims what it holds.
 */
export type StalledVerdict = 'ignore' | 'stop' | 'reclaim'

/** Decides on one agent. It should end when its signal aborts. */
export type OnStalled = (
  agent: AgentRecord,
  options: { signal: AbortSignal },
) => StalledVerdict | Promise<StalledVerdict>

export interface StalledParts {
  store: FleetStore
  holder: string
  claimTtl: number
  /** Milliseconds that a verdict may take. */
  reclaimTimeout: number
  onStalled?: OnStalled | undefined
  onError: (error: unknown) => void
}

const VERDICTS: readonly StalledVerdict[] = ['ignore', 'stop', 'reclaim']
/** The case of an agent stays with one coordinator for so many times what a verdict may take. */
const JUDGE_FOR = 2

/** Finds agents that stalled, and has them judged. Resolves to the claims on those that are to be reclaimed. */
export async function judgeStalled(parts: StalledParts, options: CallOptions): Promise<ClaimReply[]> {
  const { store, onStalled, onError, reclaimTimeout } = parts
  const request = { limit: LIST_LIMIT, ...(onStalled && { judgeFor: reclaimTimeout * JUDGE_FOR }) }
  const agents = await store.stalled(request, options)
  if (onStalled === undefined) return []
  const replies = await Promise.all(
    agents.map(async agent => {
      try {
        return await execute(agent, await ask(agent, onStalled, parts, options), parts, options)
      } catch (error) {
        onError(error)
        return null
      }
    }),
  )
  return replies.filter(reply => reply !== null)
}

async function ask(
  agent: AgentRecord,
  onStalled: OnStalled,
  { reclaimTimeout }: StalledParts,
  { signal = new AbortController().signal }: CallOptions,
): Promise<StalledVerdict> {
  const what = `The verdict on ${agent.id}`
  const verdict = await bounded(what, async ours => onStalled(agent, { signal: ours }), reclaimTimeout, signal)
  if (VERDICTS.includes(verdict)) return verdict
  throw new OakumError('INVALID_OPTION', `${what} must be one of ${VERDICTS.join(', ')}.`, { facts: { verdict } })
}

async function execute(
  agent: AgentRecord,
  verdict: StalledVerdict,
  { store, holder, claimTtl }: StalledParts,
  options: CallOptions,
): Promise<ClaimReply | null> {
  const ref = { id: agent.id, epoch: agent.epoch }
  if (verdict === 'reclaim') return store.claim({ holder, claimTtl, what: { by: 'stalled', ref } }, options)
  await store.settleStalled(ref, { stop: verdict === 'stop' }, options)
  return null
}
