import { availableParallelism, cpus } from 'node:os'
import type { Outcome } from './log.ts'
import { FLOOD_BYTES } from './models.ts'
import type { Figures } from './processes.ts'
import type { Program } from './rows.ts'
import { OURS, PEERS } from './subjects/index.ts'
import { TARGETS } from './targets.ts'
import { formatWins } from './wins.ts'

/** A column of a table. */
interface Column {
  readonly title: string
  readonly figure: string
  readonly format: (value: number, figures: Figures) => string
}

interface Table {
  readonly program: Program
  readonly title: string
  readonly about: readonly string[]
  readonly columns: readonly Column[]
}

const TABLES: readonly Table[] = [
  {
    program: 'cancels',
    title: 'Stopped in mid-stream',
    about: [
      'Again and again at the third piece of text, in three ways: `cancel` is its own cancel, `abort` the abort of the signal that was passed in,',
      '`break` a consumer that breaks out of its loop. With `cancel` and `break` the signal that is passed in is one that lives as long as the',
      'process, with `abort` each stream has one. Bytes are the Theil–Sen slope over the second half, after garbage collection, buffers',
      'included; listeners and dependants (signals made by `AbortSignal.any`) are those on the signal afterwards; sockets those of the process and,',
      'behind the stroke, of the server; completed, how many of the requests the server answered to the end although nobody wanted it.',
      'Bytes are counted with the engine’s compilers off, and beside that with them on, as all else is: what they make, and the lists of what',
      'it depends on, grows each time they compile. What that comes to for each cancel fades with their number: see ours at 100,000.',
      'Where it is far less than none, the process let go of some megabytes once, in the second half.',
    ],
    columns: [
      { title: 'times', figure: 'cancels', format: whole },
      { title: 'bytes each', figure: 'bytes', format: whole },
      { title: 'with compilers', figure: 'compiled', format: whole },
      { title: 'listeners', figure: 'listeners', format: whole },
      { title: 'dependants', figure: 'dependants', format: whole },
      { title: 'sockets', figure: 'sockets', format: (value, { openSockets = NaN }) => `${value} / ${openSockets}` },
      { title: 'completed', figure: 'completed', format: (value, { requests = NaN }) => percent(value / requests) },
      { title: 'ms each', figure: 'milliseconds', format: tenths },
      { title: 'of processor', figure: 'cpu', format: tenths },
      { title: 'RSS', figure: 'rss', format: megabytes },
    ],
  },
  {
    program: 'stall',
    title: 'A consumer that stops reading',
    about: [
      `After three pieces of ${megabytes(FLOOD_BYTES)} of text; how much the process has read from its connection when the server can send no more, and how`,
      'much the server has sent, of which the difference waits in the system’s buffers of the connection.',
    ],
    columns: [
      { title: 'read', figure: 'read', format: megabytes },
      { title: 'sent', figure: 'sent', format: megabytes },
      { title: 'RSS', figure: 'rss', format: megabytes },
    ],
  },
  {
    program: 'settle',
    title: 'How long a cancel takes',
    about: ['While a tool runs that rejects when its signal aborts, until `cancel()` settles; milliseconds.'],
    columns: [
      { title: 'cancels', figure: 'cancels', format: whole },
      { title: 'p50', figure: 'p50', format: hundredths },
      { title: 'p99', figure: 'p99', format: hundredths },
      { title: 'most', figure: 'most', format: hundredths },
    ],
  },
  {
    program: 'turns',
    title: 'One run of many turns',
    about: ['Each with a call of a tool, and the conversation limited to 10 items; bytes by slope as above.'],
    columns: [
      { title: 'turns', figure: 'turns', format: whole },
      { title: 'bytes each', figure: 'bytes', format: whole },
      { title: 'ms each', figure: 'milliseconds', format: tenths },
      { title: 'RSS', figure: 'rss', format: megabytes },
    ],
  },
  {
    program: 'events',
    title: 'What an event costs',
    about: [
      'Microseconds for a piece of text, beside the bare client in the same process, in turns; medians of the differences in time and in time of the processor,',
      'of which the greater counts. Each time both are new, and the engine collects when it likes.',
    ],
    columns: [
      { title: 'more than the bare client', figure: 'overhead', format: tenths },
      { title: 'by time', figure: 'wall', format: tenths },
      { title: 'by processor', figure: 'cpu', format: tenths },
      { title: 'processor, ours', figure: 'ours', format: tenths },
      { title: 'the bare client', figure: 'bare', format: tenths },
    ],
  },
]

/** All tables of which there is a row, what ours has to keep to, and where others do better. */
export function render(outcomes: readonly Outcome[]): string {
  const tables = TABLES.map(table => ({ table, rows: outcomes.filter(({ row }) => row.program === table.program) }))
  return [
    '# What is left of cancelled agents',
    '',
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores; each row in a process of its own, the server in another.`,
    'Ours first, around each client; then the clients alone, and the loops of others. Run again with `npm run bench:agent`.',
    '',
    ...tables.filter(({ rows }) => rows.length > 0).flatMap(({ table, rows }) => formatTable(table, rows)),
    'What 2,000 cancelled shell tools leave, setsid and nohup children among them, is counted by `packages/core/test/agent/tools/shell.fault.ts`.',
    '',
    ...formatWins(outcomes),
    '## How each is used',
    '',
    ...[...OURS, ...PEERS].map(({ title, about }) => `- ${title()}: ${about}`),
    '',
  ].join('\n')
}

function formatTable({ program, title, about, columns }: Table, outcomes: readonly Outcome[]): string[] {
  const targets = Object.entries(TARGETS[program]).map(([name, most]) => `${name} ≤ ${most.toLocaleString('en')}`)
  return [
    `## ${title}`,
    '',
    ...about,
    '',
    `Ours has to keep to: ${targets.join(', ')}.`,
    '',
    `| |${columns.map(column => ` ${column.title} |`).join('')}`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...outcomes.map(outcome => formatRow(outcome, columns)),
    '',
  ]
}

function formatRow({ row, figures, error }: Outcome, columns: readonly Column[]): string {
  const name = [row.subject.title(), ...(row.task.way === undefined ? [] : [row.task.way])].join(', ')
  if (figures === undefined) return `| ${name} | failed: ${(error ?? '').split('\n')[0] ?? ''} |`
  return `| ${name} |${columns.map(({ figure, format }) => ` ${format(figures[figure] ?? NaN, figures)} |`).join('')}`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function tenths(value: number): string {
  return value.toFixed(1)
}

function hundredths(value: number): string {
  return value.toFixed(2)
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`
}
