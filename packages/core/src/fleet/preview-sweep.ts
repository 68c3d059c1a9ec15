import { throwIfAborted } from '../errors/abort.ts'
import { LIVE_PHASES } from './records.ts'
import type { HeldLease } from './guard.ts'
import { reasonOfSilence, type CallOptions, type ExpiredReply } from './store.ts'
import { CLAIM_LIMIT } from './store-limits.ts'
import {
  found,
  isOrphan,
  toHeldAgent,
  type Orphan,
  type SweepOptions,
  type SweepParts,
  type SweepResult,
} from './sweep.ts'

/**
 * What a sweep would find and hold now, at most one claim's worth of silent agents. Writes nothing but beats for the adopted.
 */
export async function previewSweep(
  parts: SweepParts,
  { signal, force = false }: SweepOptions = {},
): Promise<SweepResult> {
  throwIfAborted(signal)
  const { store, presence } = parts
  const options = signal === undefined ? {} : { signal }
  const gone = await presence.look(options)
  const { claims, held } = await (force ? expiredByForce(parts, options) : expired(parts, options))
  const known = new Set(claims.map(({ id, epoch }) => `${id} ${epoch}`))
  const dead: Orphan[] = []
  const { now } = await store.check([], options)
  for (const { id, epoch } of gone) {
    const record = await store.get(id, options)
    if (record?.epoch !== epoch || known.has(`${id} ${epoch}`)) continue
    const { lastBeat: lastSeen } = record
    const idleTime = lastSeen === null ? null : Math.max(0, now - lastSeen)
    dead.push(found({ id, epoch, reason: 'process_gone', lastSeen, idleTime }))
  }
  const { phases } = await store.counts(options)
  const silent = claims.filter(({ agent }) => agent !== null && LIVE_PHASES.includes(agent.phase))
  const orphans = [...claims.map(found), ...dead]
  const isDead = ({ id, epoch }: HeldLease): boolean =>
    dead.some(orphan => orphan.agentId === id && orphan.epoch === epoch)
  return {
    orphansDetected: orphans.length,
    orphansCleaned: 0,
    healthyAgents: Math.max(0, phases.starting + phases.alive + phases.draining - silent.length - dead.length),
    orphans,
    held: held.filter(lease => !isDead(lease)).map(toHeldAgent),
  }
}

/** As much of a claim as is told of it. */
type Foreseen = Pick<ExpiredReply['claims'][number], 'id' | 'epoch' | 'reason' | 'lastSeen' | 'idleTime' | 'agent'>

async function expired(
  { store, guard }: SweepParts,
  options: CallOptions,
): Promise<{ claims: Foreseen[]; held: HeldLease[] }> {
  const { claims, held } = await store.expired(CLAIM_LIMIT, { ...options, guard })
  return { claims: claims.filter(isOrphan), held }
}

/** What is held or in quarantine is taken as well. */
async function expiredByForce(
  { store }: SweepParts,
  options: CallOptions,
): Promise<{ claims: Foreseen[]; held: HeldLease[] }> {
  const { claims, held } = await store.expired(CLAIM_LIMIT, options)
  const all: Foreseen[] = claims.filter(isOrphan)
  for (const lease of held) {
    const agent = await store.get(lease.id, options)
    all.push({ ...lease, reason: reasonOfSilence({ lastBeat: lease.lastSeen }), agent })
  }
  for (const lease of await store.quarantined(options)) {
    all.push({ ...lease, lastSeen: lease.agent?.lastBeat ?? null, idleTime: null })
  }
  return { claims: all, held: [] }
}
