import { formatDuration } from '../output/duration.ts'
import type { Paint } from '../output/paint.ts'
import { formatSize } from '../output/size.ts'
import { sparkline } from '../output/sparkline.ts'
import { plain } from '../output/text.ts'
import type { Observation } from './observe.ts'
import { FIGURES, type Figure, type Reading } from './reading.ts'
import type { Target } from './target.ts'
import type { Trend } from './trend.ts'

const BARS = 10

/** What was seen, for people. */
export function formatObservation(observation: Observation, { name }: Pick<Target, 'name'>, paint: Paint): string[] {
  const { verdict, trends, readings, duration } = observation
  const sign = verdict === 'grows' ? paint('red', '✗ grows') : paint('green', '✓ settles')
  const rows = FIGURES.flatMap(figure => {
    const trend = trends[figure]
    return trend === undefined ? [] : [rowOf(figure, trend, readings, paint)]
  })
  const times = `${readings.length} readings in ${formatDuration(duration)}`
  return [`${sign}  ${paint('bold', plain(name))}  ${paint('dim', times)}`, ...rows]
}

/** One line of what a reading says. */
export function formatReading(reading: Reading): string {
  return FIGURES.flatMap(figure => {
    const value = reading[figure]
    return value === null ? [] : [`${figure} ${formatFigure(figure, value)}`]
  }).join('  ')
}

function rowOf(figure: Figure, trend: Trend, readings: readonly Reading[], paint: Paint): string {
  const bars = sparkline(
    readings.flatMap(reading => reading[figure] ?? []),
    BARS,
  )
  const value = formatFigure(figure, trend.last).padStart(9)
  return `  ${paint('dim', figure.padEnd(11))} ${value}  ${paint('yellow', bars)}  ${wordsOf(figure, trend, paint)}`
}

function wordsOf(figure: Figure, { verdict, perSecond }: Trend, paint: Paint): string {
  if (verdict === 'settles') return paint('dim', 'settles')
  const [value, low, high] = [perSecond.value, perSecond.low, perSecond.high].map(rate => rateOf(figure, rate * 60))
  return `${paint('red', `grows ${value} a minute`)} ${paint('dim', `(${low} to ${high})`)}`
}

function formatFigure(figure: Figure, value: number): string {
  return figure === 'memory' ? formatSize(value) : String(value)
}

function rateOf(figure: Figure, value: number): string {
  if (figure === 'memory') return formatSize(Math.max(0, Math.round(value)))
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1)
}
