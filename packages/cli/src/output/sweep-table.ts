import type { HeldAgent, Orphan, SweepResult } from '@oakum/core/fleet'
import { formatAge } from './duration.ts'
import type { Format, Paint } from './paint.ts'
import { formatTable, type Column } from './table.ts'
import { plain } from './text.ts'

const COLOURS: Readonly<Record<Orphan['status'], Format>> = {
  found: 'yellow',
  cleaned: 'green',
  retry: 'yellow',
  quarantined: 'red',
  lost: 'dim',
}

/** What one sweep found and did, and what it left for later. */
export function formatSweep(result: SweepResult, paint: Paint, width?: number): string[] {
  const { orphans, orphansDetected, orphansCleaned, healthyAgents, held } = result
  const options = { paint, ...(width === undefined ? {} : { width }) }
  const counts = `${orphansDetected} orphans, ${orphansCleaned} cleaned, ${healthyAgents} healthy`
  const doubted = held.length === 0 ? '' : `, ${held.length} silent but held back`
  return [
    ...(orphans.length === 0 ? [] : [...formatTable(orphanColumns(paint), orphans, options), '']),
    ...(held.length === 0 ? [] : [...formatTable(HELD, held, options), '']),
    paint('bold', counts + doubted),
    ...(held.length === 0 ? [] : ['So much silence at once is doubted. To believe it now: oakum sweep --force']),
  ]
}

function orphanColumns(paint: Paint): Column<Orphan>[] {
  return [
    { title: 'ORPHAN', value: orphan => orphan.agentId },
    { title: 'WHY', value: orphan => orphan.reason },
    { title: 'SILENT FOR', value: silence, align: 'right' },
    { title: 'RELEASED', value: orphan => String(orphan.released), align: 'right' },
    { title: 'RESULT', value: orphan => orphan.status, paint: (text, orphan) => paint(COLOURS[orphan.status], text) },
    { title: 'ERROR', value: orphan => plain(orphan.error ?? ''), flexible: true },
  ]
}

const HELD: readonly Column<HeldAgent>[] = [
  { title: 'HELD BACK', value: agent => agent.agentId },
  { title: 'WHY', value: agent => (agent.reason === 'gap' ? 'nobody swept' : 'many hosts') },
  { title: 'SILENT FOR', value: silence, align: 'right' },
  { title: 'HOST', value: agent => plain(agent.host), flexible: true },
]

function silence({ idleTime }: { idleTime: number | null }): string {
  return idleTime === null ? '' : formatAge(idleTime)
}
