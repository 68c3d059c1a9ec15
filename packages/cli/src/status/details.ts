import type { AgentMemory, AgentRecord, Fleet, OwnedResource } from '@oakum/core/fleet'
import type { OakumEvent } from '@oakum/core/events'
import { isMark, paintPhase } from '../output/agent-table.ts'
import { formatAge } from '../output/duration.ts'
import { formatEvent } from '../output/event-line.ts'
import { formatMemory } from '../output/memory.ts'
import type { Paint } from '../output/paint.ts'
import { plural } from '../output/plural.ts'
import { formatSize } from '../output/size.ts'
import { plain } from '../output/text.ts'
import { memoryOf, readMemory } from './memory.ts'

const EVENTS_SHOWN = 10
/** From so many milliseconds on a late event loop is told of. */
const LAG_SHOWN = 1_000

/** Everything about one agent. */
export interface AgentDetails {
  agent: AgentRecord
  resources: OwnedResource[]
  children: string[]
  /** Null when it was not to be had. */
  memory: AgentMemory | null
  /** The newest, oldest first. */
  events: OakumEvent[]
}

export async function readDetails(
  fleet: Fleet,
  agent: AgentRecord,
  living: readonly AgentRecord[],
): Promise<AgentDetails> {
  const [resources, sample, events] = await Promise.all([
    fleet.resources(agent),
    readMemory(fleet),
    fleet.events.read({ agent: agent.id, newest: true, limit: EVENTS_SHOWN }),
  ])
  const children = living.filter(other => other.parent?.id === agent.id && other.parent.epoch === agent.epoch)
  const memory = memoryOf(sample, agent) ?? null
  return { agent, resources, children: children.map(child => child.id), memory, events }
}

/** The details for people. */
export function formatDetails(
  { agent, resources, children, memory, events }: AgentDetails,
  paint: Paint,
  now: number,
): string[] {
  const facts: [string, string][] = [
    ['state', plain(agent.state)],
    ['process', `${agent.process.pid} on ${plain(agent.host)}`],
    ['memory', memoryFact(memory)],
    ['registered', `${formatAge(now - agent.registeredAt)} ago`],
    ['last beat', agent.lastBeat === null ? 'never' : `${formatAge(now - agent.lastBeat)} ago`],
    ['event loop', loopOf(agent, now)],
    ['progress', progressOf(agent, now)],
    ['lease ends', agent.expiresAt > now ? `in ${formatAge(agent.expiresAt - now)} unless it beats` : 'is over'],
    ['epoch', agent.epoch],
    ['parent', agent.parent?.id ?? ''],
    ['children', children.join(' ')],
    ['roots', agent.roots.map(plain).join(' ')],
    [
      'labels',
      plain(
        Object.entries(agent.labels)
          .map(label => label.join('='))
          .join(' '),
      ),
    ],
    ['error', plain(agent.error ?? '')],
  ]
  return [
    `${paint('bold', agent.id)}  ${paintPhase(agent, now, paint)}`,
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `  ${paint('dim', name.padEnd(11))}${value}`),
    ...section('owns', resources.filter(resource => !isMark(resource)).map(resourceLine), paint),
    ...section(
      'lately',
      events.map(event => formatEvent(event, paint, now)),
      paint,
    ),
  ]
}

/** Said when it is worth a word: ordinary lag is a few milliseconds. */
function loopOf({ loopLag, stuckAt }: AgentRecord, now: number): string {
  if (stuckAt !== null) return `blocked, known for ${formatAge(now - stuckAt)}`
  return loopLag === null || loopLag < LAG_SHOWN ? '' : `was blocked for ${formatAge(loopLag)} before the last beat`
}

/** Said of agents that told of progress, or promised some. */
function progressOf({ progressAt, progressTimeout, stalledAt }: AgentRecord, now: number): string {
  if (progressAt === null && progressTimeout === null) return ''
  const last = progressAt === null ? 'none yet' : `${formatAge(now - progressAt)} ago`
  if (progressTimeout === null) return last
  const promise = `one each ${formatAge(progressTimeout)} was promised`
  return stalledAt === null ? `${last}; ${promise}` : `${last}; ${promise}, stalled for ${formatAge(now - stalledAt)}`
}

function memoryFact(memory: AgentMemory | null): string {
  if (memory === null) return ''
  const heap = memory.heap === null ? '' : `, heap ${formatSize(memory.heap)}`
  return `${formatMemory(memory)} in ${plural(memory.processes, 'process')}${heap}`
}

function resourceLine({ kind, key, data, shared }: OwnedResource): string {
  const name = kind === 'process' && typeof data.pid === 'number' ? String(data.pid) : plain(key)
  return `${plain(kind).padEnd(10)} ${name}${shared ? ' (shared)' : ''}`
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('dim', title), ...lines.map(line => `  ${line}`)]
}
