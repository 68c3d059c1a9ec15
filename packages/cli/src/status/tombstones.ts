import type { Tombstone } from '@oakum/core/fleet'
import { formatAge } from '../output/duration.ts'
import type { Paint } from '../output/paint.ts'
import { plain } from '../output/text.ts'
import { formatTable, type Column } from '../output/table.ts'

/** What has ended, one line each, below a line of titles. */
export function formatTombstones(
  ended: readonly Tombstone[],
  options: { paint: Paint; now: number; width?: number },
): string[] {
  const { paint, now } = options
  const columns: Column<Tombstone>[] = [
    { title: 'ENDED', value: grave => grave.id },
    {
      title: 'WHY',
      value: grave => grave.reason,
      paint: (text, grave) => paint(grave.reason === 'released' ? 'dim' : 'yellow', text),
    },
    { title: 'LIVED', value: grave => formatAge(grave.endedAt - grave.registeredAt), align: 'right' },
    { title: 'WHEN', value: grave => `${formatAge(now - grave.endedAt)} ago`, align: 'right' },
    { title: 'HOST', value: grave => plain(grave.host), flexible: true },
  ]
  return formatTable(columns, ended, options)
}
