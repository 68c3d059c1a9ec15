import { PHASE_COLOURS } from '../output/agent-table.ts'
import { formatAge } from '../output/duration.ts'
import { formatMemory } from '../output/memory.ts'
import type { Paint } from '../output/paint.ts'
import { plural } from '../output/plural.ts'
import { formatSize } from '../output/size.ts'
import { formatTable, type Column } from '../output/table.ts'
import { plain } from '../output/text.ts'
import type { TopRow, TopSample } from './sampler.ts'
import { SORTS, sortRows, type Sort } from './sort.ts'

export interface TopTableOptions {
  paint: Paint
  sort: Sort
  /** Columns of the terminal. @default as wide as it needs */
  width?: number
  /** Lines for agents, the titles not counted. @default all */
  rows?: number
}

/** A line of sums, then the agents, one line each. */
export function formatTop(sample: TopSample, { paint, sort, width, rows = Infinity }: TopTableOptions): string[] {
  const { agents } = sample
  if (agents.length === 0) return [paint('dim', 'No agents. Start one: oakum run -- COMMAND')]
  const shown = sortRows(agents, sort).slice(0, agents.length > rows ? Math.max(0, rows - 1) : rows)
  return [
    sums(sample, paint),
    '',
    ...formatTable(columns(paint), shown, { paint, ...(width === undefined ? {} : { width }) }),
    ...(shown.length < agents.length ? [paint('dim', `… and ${agents.length - shown.length} more`)] : []),
  ]
}

/** Which keys do what; the sort that counts stands out. */
export function formatKeys(sort: Sort, paint: Paint): string {
  const sorts = SORTS.map(name => paint(name === sort ? 'bold' : 'dim', `${name[0]} ${name}`))
  return [paint('dim', 'sort:'), ...sorts, paint('dim', 'q quit')].join('  ')
}

function sums({ agents, fleet, host }: TopSample, paint: Paint): string {
  const busy = agents.reduce((sum, { cpu }) => sum + (cpu ?? 0), 0)
  const used = `${formatSize(fleet.bytes)} of ${formatSize(host.limit ?? host.total)}`
  const words = `${plural(agents.length, 'agent')}, ${plural(fleet.processes, 'process')}, ${busy.toFixed(0)}% cpu, ${used}`
  return `${paint('bold', words)}${paint('dim', `, ${formatSize(host.available)} free`)}`
}

function columns(paint: Paint): Column<TopRow>[] {
  return [
    { title: 'AGENT', value: row => row.id },
    { title: 'PHASE', value: row => row.phase, paint: (text, row) => paint(PHASE_COLOURS[row.phase], text) },
    { title: 'CPU%', value: row => row.cpu?.toFixed(1) ?? '', align: 'right' },
    {
      title: 'MEMORY',
      value: ({ bytes, sharedWith }) => formatMemory(bytes === null ? undefined : { bytes, sharedWith }),
      align: 'right',
    },
    { title: 'PROCS', value: row => String(row.processes ?? ''), align: 'right' },
    { title: 'AGE', value: row => formatAge(row.age), align: 'right' },
    { title: 'PID', value: row => String(row.pid), align: 'right' },
    { title: 'STATE', value: row => plain(row.state), flexible: true },
  ]
}
