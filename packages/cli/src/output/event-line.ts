/** Events as lines for people. */
import type { OakumEvent } from '@oakum/core/events'
import { formatDuration } from './duration.ts'
import { levelOf, type Level } from './level.ts'
import { formatLimitAmount, isLimitName } from './limit-amount.ts'
import { formatLeak } from './memory.ts'
import type { Format, Paint } from './paint.ts'
import { plain } from './text.ts'

const COLOURS: Readonly<Record<Level, Format>> = { debug: 'dim', info: 'reset', warn: 'yellow', error: 'red' }

/** `14:03:22  coder-1  cleanup_completed  process_gone, 2 released in 0.18s`; a line of output as its text. */
export function formatEvent(event: OakumEvent, paint: Paint, now: number = Date.now()): string {
  const colour = COLOURS[levelOf(event)]
  const agent = event.agent === undefined ? '' : `${paint('bold', plain(event.agent))}  `
  const head = `${paint('dim', formatTime(event.time, now))}  ${agent}`
  if (event.type === 'agent.output') return `${head}${paint('dim', '│')} ${paint(colour, plain(textOf(event)))}`
  const details = plain(detailsOf(event))
  return `${head}${paint(colour, plain(event.type))}${details === '' ? '' : `  ${paint('dim', details)}`}`
}

/** The words of an event: a line of output without its line break, or its facts. */
export function textOf(event: OakumEvent): string {
  const { line } = event.data
  return typeof line === 'string' ? line : detailsOf(event)
}

function detailsOf({ type, data }: OakumEvent): string {
  switch (type) {
    case 'cleanup_completed':
    case 'agent_stopped': {
      const { reason, released, kept, milliseconds } = data
      const left = Array.isArray(kept) && kept.length > 0 ? `, ${kept.length} kept` : ''
      return `${String(reason)}, ${String(released)} released${left} in ${formatDuration(Number(milliseconds))}`
    }
    case 'agent_registered':
      return `pid ${String(data.pid)} on ${String(data.host)}`
    case 'cleanup_started':
    case 'cleanup_resumed':
      return String(data.reason)
    case 'orphans_detected':
      return String(data.count)
    case 'agent_limit_exceeded':
      return describeLimit(data)
    case 'memory_leak_detected':
    case 'memory_leak_cleared': {
      const leak = readLeak(data)
      const why = typeof data.reason === 'string' ? `${data.reason}: ` : ''
      return leak === null ? why : `${why}${formatLeak(leak)}`
    }
    default:
      return Object.entries(data).map(factOf).join(' ')
  }
}

/** `memory: 4.2 GiB of 4 GiB`. */
function describeLimit({ limit, allowed, value }: OakumEvent['data']): string {
  if (!isLimitName(limit)) return ''
  const [most, taken] = [allowed, value].map(amount => formatLimitAmount(limit, Number(amount)))
  return `${limit}: ${taken} of ${most}`
}

/** The facts of a leak; null when the event does not have them. */
function readLeak({ agents, growth, window }: OakumEvent['data']): Parameters<typeof formatLeak>[0] | null {
  if (!Array.isArray(agents) || typeof growth !== 'number' || typeof window !== 'number') return null
  return { agents: agents.map(agent => ({ id: String(agent?.id) })), growth, window }
}

function factOf([name, value]: [string, unknown]): string {
  return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`
}

/** The time of day, with the date when it is another day's. */
function formatTime(time: number, now: number): string {
  const at = new Date(time)
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':')
  if (at.toDateString() === new Date(now).toDateString()) return clock
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${clock}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
