import { styleText } from 'node:util'
import { formatBytes, formatInterval, formatNumber, formatSeconds } from '../format/amount.ts'
import { formatFrame } from '../format/place.ts'
import { plain } from '../format/plain.ts'
import { sparkline } from '../format/sparkline.ts'
import { describeWatch } from './findings.ts'
import type { WatchReading, WatchReport, WatchRise } from './report.ts'

/** Options of {@link formatWatch}. */
export interface FormatWatchOptions {
  /** Whether to colour it, for a terminal. @default false */
  readonly colour?: boolean
  /** Files below it are named from there. @default the process's own */
  readonly cwd?: string
}

const SITES_SHOWN = 5
/** Bars of a line over time. */
const BARS = 40

type Row = readonly [name: string, amount: string, bars: string, more: string]

/** What a watch saw, for people. Ends without a line break. */
export function formatWatch(
  report: WatchReport,
  { colour = false, cwd = process.cwd() }: FormatWatchOptions = {},
): string {
  const paint = (style: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const { verdict, pid, node, notes, readings, milliseconds } = report
  const sign = verdict === 'grows' ? paint('red', '✗ grows') : paint('green', '✓ settles')
  const rows = [...memoryRows(report), ...report.rises.map(rise => riseRow(rise, readings)), ...siteRows(report, cwd)]
  const [names, amounts] = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const took = readings.reduce((sum, reading) => sum + reading.took, 0) / readings.length
  return [
    `${sign}  ${paint('bold', `process ${pid}`)}`,
    ...describeWatch(report, cwd).map(finding => `  ${plain(finding)}`),
    ...rows.map(([name, amount, bars, more]) => {
      const start = `  ${paint('dim', name.padEnd(names ?? 0))}  ${amount.padStart(amounts ?? 0)}`
      return `${start}  ${paint('yellow', bars)}  ${paint('dim', more)}`
    }),
    ...notes.map(note => `  ${paint('dim', 'note')}  ${plain(note)}`),
    `  ${paint('dim', `${readings.length} readings of ${formatSeconds(took)} in ${formatSeconds(milliseconds)}, Node ${plain(node)}`)}`,
  ].join('\n')
}

function memoryRows({ readings, bytesPerSecond }: WatchReport): Row[] {
  const row = (name: string, valueOf: (reading: WatchReading) => number, more: string): Row => {
    const values = readings.map(valueOf)
    return [name, formatBytes(values.at(-1) ?? 0), barsOf(values), more]
  }
  const interval = formatInterval(bytesPerSecond)
  return [
    row('heap', reading => reading.heapUsed, `${formatBytes(bytesPerSecond.value)} per second  (${interval})`),
    row('memory', reading => reading.rss, 'with all that is not on the heap'),
  ]
}

function riseRow({ counter, of, before, after, perSecond }: WatchRise, readings: readonly WatchReading[]): Row {
  const name = of === undefined ? counter : `${counter} ${of}`
  const values = readings.map(({ counts }) => counts[name] ?? 0)
  const more = `${formatNumber(perSecond)} per second  (${formatNumber(before)} → ${formatNumber(after)})`
  return [plain(name), formatNumber(values.at(-1) ?? 0), barsOf(values), more]
}

function siteRows({ sites }: WatchReport, cwd: string): Row[] {
  return sites.slice(0, SITES_SHOWN).map((site): Row => {
    const more = `${plain(formatFrame(site, cwd))} (line of the function), per second`
    return ['site', formatBytes(site.bytesPerSecond), sparkline(site.survivors), more]
  })
}

/** From the lowest to the highest, over time. */
function barsOf(values: readonly number[]): string {
  const step = Math.max(1, values.length / BARS)
  const shown = Array.from(
    { length: Math.min(values.length, BARS) },
    (_, index) => values[Math.floor(index * step)] ?? 0,
  )
  const low = Math.min(...shown)
  return sparkline(shown.map(value => value - low))
}
