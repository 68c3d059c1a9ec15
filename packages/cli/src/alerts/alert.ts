import type { OakumEvent } from '@oakum/core/events'
import { textOf } from '../output/event-line.ts'

/** `resolved` says that what an earlier alert told of is over. */
type Severity = 'critical' | 'warning' | 'resolved'

/** What is told to people outside. */
export interface Alert {
  /** Of the event; the same alert that is sent twice has the same. */
  id: string
  /** What it is about, e.g. `memory_leak_detected`. */
  alert: string
  severity: Severity
  /** When it happened, as ISO 8601. */
  time: string
  agent?: string
  /** One line for people. */
  text: string
  /** The event's own facts. */
  data: OakumEvent['data']
  /** The store that it comes from. */
  store: string
}

interface AlertKind {
  severity: Severity
  /** What stands after the agent's name. */
  text: string
  /** Whether the event's facts make good words, which then follow. @default false */
  detailed?: boolean
}

/**
 * Which types of events are alerts. `system_alert` names what it is about, and says it in words of its own: a lease that could not
 * be reclaimed, hosts that fell silent together.
 */
const KINDS: Readonly<Record<string, AlertKind>> = {
  system_alert: { severity: 'critical', text: 'needs attention' },
  memory_leak_detected: { severity: 'critical', text: 'memory grows and grows', detailed: true },
  memory_leak_cleared: { severity: 'resolved', text: 'the alert of its memory is over', detailed: true },
  agent_stuck: { severity: 'warning', text: 'its event loop is blocked' },
  agent_recovered: { severity: 'resolved', text: 'its event loop turns again' },
  agent_stalled: { severity: 'warning', text: 'alive, but makes no progress' },
  agent_progressed: { severity: 'resolved', text: 'makes progress again' },
  agent_limit_exceeded: { severity: 'warning', text: 'ended, since it went past its limit', detailed: true },
}

/** The types of events that are alerts. */
export const ALERT_TYPES: readonly string[] = Object.keys(KINDS)

/** The alert that an event is; null when it is none. */
export function toAlert(event: OakumEvent, store: string): Alert | null {
  const kind = KINDS[event.type]
  if (kind === undefined) return null
  const { id, type, time, agent, data } = event
  const details = kind.detailed === true ? textOf(event) : ''
  const subject = agent ?? (type.startsWith('memory_') ? 'the fleet' : 'Oakum')
  return {
    id,
    alert: typeof data.alert === 'string' ? data.alert : type,
    severity: kind.severity,
    time: new Date(time).toISOString(),
    ...(agent === undefined ? {} : { agent }),
    text:
      typeof data.text === 'string' ? data.text : `${subject}: ${kind.text}${details === '' ? '' : ` (${details})`}`,
    data,
    store,
  }
}
