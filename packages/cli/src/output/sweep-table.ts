import type { Orphan, SweepResult } from '@oakum/core/fleet'
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

/** What one sweep found and did. */
export function formatSweep(
  { orphans, orphansDetected, orphansCleaned, healthyAgents }: SweepResult,
  paint: Paint,
  width?: number,
): string[] {
  const counts = `${orphansDetected} orphans, ${orphansCleaned} cleaned, ${healthyAgents} healthy`
  if (orphans.length === 0) return [paint('bold', counts)]
  const columns: Column<Orphan>[] = [
    { title: 'ORPHAN', value: orphan => orphan.agentId },
    { title: 'WHY', value: orphan => orphan.reason },
    {
      title: 'SILENT FOR',
      value: orphan => (orphan.idleTime === null ? '' : formatAge(orphan.idleTime)),
      align: 'right',
    },
    { title: 'RELEASED', value: orphan => String(orphan.released), align: 'right' },
    { title: 'RESULT', value: orphan => orphan.status, paint: (text, orphan) => paint(COLOURS[orphan.status], text) },
    { title: 'ERROR', value: orphan => plain(orphan.error ?? ''), flexible: true },
  ]
  return [
    ...formatTable(columns, orphans, { paint, ...(width === undefined ? {} : { width }) }),
    '',
    paint('bold', counts),
  ]
}
