import { throwIfAborted } from '../errors/abort.ts'
import { LIVE_PHASES } from './records.ts'
import { CLAIM_LIMIT } from './store-limits.ts'
import { found, isOrphan, type Orphan, type SweepOptions, type SweepParts, type SweepResult } from './sweep.ts'

/** What a sweep would find now, at most one claim's worth of silent agents. Writes nothing but beats for the adopted. */
export async function previewSweep(
  { store, presence }: SweepParts,
  { signal }: SweepOptions = {},
): Promise<SweepResult> {
  throwIfAborted(signal)
  const options = signal === undefined ? {} : { signal }
  const gone = await presence.look(options)
  const claims = (await store.expired(CLAIM_LIMIT, options)).filter(isOrphan)
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
  return {
    orphansDetected: orphans.length,
    orphansCleaned: 0,
    healthyAgents: Math.max(0, phases.starting + phases.alive + phases.draining - silent.length - dead.length),
    orphans,
  }
}
