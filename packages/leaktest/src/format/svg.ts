/**
 * The survivors of each batch as a chart: bars for the worst sites, the oldest batch on the left. A leak is a row of bars of
 * one height; what is only young or bounded has bars on the right alone.
 *
 * The drawing stands by itself: no script, no font and no file from elsewhere; its colours follow the reader's scheme.
 */
import type { LeakReport, LeakSite } from '../report.ts'
import { formatCount, formatNumber } from './amount.ts'
import { formatObjects } from './objects.ts'
import { formatPlace } from './place.ts'
import { plain } from './plain.ts'
import { escapeText } from './xml.ts'

/** Options of {@link formatSvg}. */
export interface SvgOptions {
  /** Files below it are named from there. @default the process's own */
  readonly cwd?: string
}

const WIDTH = 760
const PLOT = { left: 64, right: 740, top: 72, bottom: 260 } as const
const LEGEND_TOP = 326
const LEGEND_LINE = 22
const SITES_SHOWN = 3
const LABELS_AT_MOST = 14
const CHARACTERS_AT_MOST = 100

const STYLE = `
  svg { font: 12px system-ui, sans-serif; --back: #fff; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --a: #cf222e; --b: #9a6700; --c: #0969da }
  @media (prefers-color-scheme: dark) { svg { --back: #0d1117; --text: #f0f6fc; --dim: #9198a1; --line: #3d444d; --a: #f85149; --b: #d29922; --c: #4493f8 } }
  .back { fill: var(--back) } text { fill: var(--text) } .dim { fill: var(--dim) } .title { font-size: 16px; font-weight: 600 }
  .grid { stroke: var(--line) } .axis { stroke: var(--dim) } .rate { stroke: var(--dim); stroke-dasharray: 4 4 }
  .over { paint-order: stroke; stroke: var(--back); stroke-width: 4px }
  .s0 { fill: var(--a) } .s1 { fill: var(--b) } .s2 { fill: var(--c) }
`

/** The chart of one report, as a whole SVG file. */
export function formatSvg(report: LeakReport, options: SvgOptions = {}): string {
  const { cwd = process.cwd() } = options
  const sites = report.sites.slice(0, SITES_SHOWN)
  const batches = Math.max(0, ...sites.map(site => site.survivors.length))
  const top = niceCeiling(Math.max(1, ...sites.flatMap(site => site.survivors)))
  const height = LEGEND_TOP + LEGEND_LINE * Math.max(1, sites.length)
  const title = `${report.name}: ${report.verdict}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${text(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="title" x="20" y="32">${text(title)}</text>`,
    `<text class="dim" x="20" y="52">${text(subtitleOf(report))}</text>`,
    ...yAxis(top),
    ...(sites.length === 0 ? [] : xAxis(batches, report.batch)),
    ...sites.flatMap((site, index) => bars(site, { index, of: sites.length, batches, top, batch: report.batch })),
    ...rateLine(report.batch, top, sites.length),
    ...legend(sites, cwd),
    '</svg>',
    '',
  ].join('\n')
}

function subtitleOf({ verdict, bound, iterations, bytesPerIteration }: LeakReport): string {
  const bytes = `${formatNumber(bytesPerIteration.value)} bytes per iteration`
  const held = verdict === 'bounded' && bound !== undefined ? `, holds about ${formatCount(bound, 'iteration')}` : ''
  return `${bytes}${held}, ${formatCount(iterations, 'iteration')} measured`
}

function yAxis(top: number): string[] {
  const lines = [0, 0.5, 1].flatMap(share => {
    const y = round(PLOT.bottom - share * (PLOT.bottom - PLOT.top))
    return [
      `<line class="${share === 0 ? 'axis' : 'grid'}" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>`,
      `<text class="dim" x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${formatNumber(top * share)}</text>`,
    ]
  })
  const middle = (PLOT.top + PLOT.bottom) / 2
  return [
    ...lines,
    `<text class="dim" transform="rotate(-90 18 ${middle})" x="18" y="${middle}" text-anchor="middle">objects that stay</text>`,
  ]
}

function xAxis(batches: number, batch: number): string[] {
  const slot = (PLOT.right - PLOT.left) / Math.max(1, batches)
  const step = Math.ceil(batches / LABELS_AT_MOST)
  const labels = Array.from({ length: batches }, (_, index) => index)
    .filter(index => index % step === 0)
    .map(index => {
      const x = round(PLOT.left + (index + 0.5) * slot)
      return `<text class="dim" x="${x}" y="${PLOT.bottom + 18}" text-anchor="middle">${formatNumber(index * batch)}</text>`
    })
  const middle = (PLOT.left + PLOT.right) / 2
  const unit = `made in the ${formatCount(batch, 'iteration')} from this one on (the oldest on the left)`
  return [...labels, `<text class="dim" x="${middle}" y="${PLOT.bottom + 38}" text-anchor="middle">${unit}</text>`]
}

/** Where the bars of a leak of one object per iteration end, when that is within the plot. */
function rateLine(batch: number, top: number, sites: number): string[] {
  if (sites === 0 || batch > top) return []
  const y = round(yOf(batch, top))
  return [
    `<line class="rate" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>`,
    `<text class="over" x="${PLOT.right}" y="${y - 5}" text-anchor="end">1 per iteration</text>`,
  ]
}

interface BarGroup {
  readonly index: number
  readonly of: number
  readonly batches: number
  readonly top: number
  readonly batch: number
}

function bars({ survivors }: LeakSite, { index, of, batches, top, batch }: BarGroup): string[] {
  const slot = (PLOT.right - PLOT.left) / batches
  const width = (slot * 0.72) / of
  return survivors.map((count, position) => {
    const x = PLOT.left + (position + 0.14) * slot + index * width
    const y = yOf(count, top)
    const tip = `${formatCount(count, 'object')} of iterations ${formatNumber(position * batch)} to ${formatNumber((position + 1) * batch - 1)}`
    const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(PLOT.bottom - y)}"`
    return `<rect class="s${index}" ${box}><title>${tip}</title></rect>`
  })
}

function legend(sites: readonly LeakSite[], cwd: string): string[] {
  if (sites.length === 0)
    return [`<text class="dim" x="20" y="${LEGEND_TOP}">No site: nothing that was allocated stays.</text>`]
  return sites.flatMap((site, index) => {
    const y = LEGEND_TOP + index * LEGEND_LINE
    const place = formatPlace(site, cwd)
    const where = site.function === '' ? place : `${site.function} (${place})`
    return [
      `<rect class="s${index}" x="20" y="${y - 10}" width="12" height="12" rx="2"/>`,
      `<text x="40" y="${y}">${text(`${where}: ${formatObjects(site)}`)}</text>`,
    ]
  })
}

function yOf(count: number, top: number): number {
  return PLOT.bottom - (count / top) * (PLOT.bottom - PLOT.top)
}

/** The next of 1, 2, 5, 10, 20, 50 … */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5].find(step => step * power >= value) ?? 10) * power
}

/** Text of the tested program: in one line, escaped, and no longer than the drawing. */
function text(value: string): string {
  const line = plain(value)
  return escapeText(line.length > CHARACTERS_AT_MOST ? `${line.slice(0, CHARACTERS_AT_MOST - 1)}…` : line)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
