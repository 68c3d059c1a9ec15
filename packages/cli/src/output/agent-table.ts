import {
  condition,
  type AgentMemory,
  type AgentRecord,
  type Condition,
  type Fleet,
  type OwnedResource,
} from '@oakum/core/fleet'
import { formatAge } from './duration.ts'
import { formatMemory } from './memory.ts'
import type { Format, Paint } from './paint.ts'
import { formatTable, type Column } from './table.ts'
import { plain } from './text.ts'

/** An agent, how many things it owns outside its process, and what it takes of the memory when somebody looked. */
export interface AgentRow {
  agent: AgentRecord
  owned: number
  memory?: AgentMemory | undefined
}

export interface AgentTableOptions {
  paint: Paint
  /** Milliseconds since 1970. */
  now: number
  /** Columns of the terminal. @default as wide as it needs */
  width?: number
}

/** The colour of each phase. */
export const PHASE_COLOURS: Readonly<Record<Condition, Format>> = {
  starting: 'dim',
  alive: 'green',
  suspect: 'yellow',
  stuck: 'yellow',
  stalled: 'yellow',
  draining: 'cyan',
  reaping: 'yellow',
  quarantined: 'red',
}

const MEMORY: Column<AgentRow> = { title: 'MEMORY', value: ({ memory }) => formatMemory(memory), align: 'right' }

/** The agents, one line each, below a line of titles. */
export function formatAgents(rows: readonly AgentRow[], { paint, now, width }: AgentTableOptions): string[] {
  const columns: Column<AgentRow>[] = [
    { title: 'AGENT', value: ({ agent }) => agent.id },
    {
      title: 'PHASE',
      value: ({ agent }) => phaseOf(agent, now),
      paint: (text, { agent }) => paint(PHASE_COLOURS[condition(agent, now)], text),
    },
    { title: 'AGE', value: ({ agent }) => formatAge(now - agent.registeredAt), align: 'right' },
    { title: 'BEAT', value: ({ agent }) => lastBeat(agent, now), align: 'right' },
    ...(rows.some(({ memory }) => memory !== undefined) ? [MEMORY] : []),
    { title: 'PID', value: ({ agent }) => String(agent.process.pid), align: 'right' },
    { title: 'OWNS', value: ({ owned }) => String(owned), align: 'right' },
    { title: 'STATE', value: ({ agent }) => plain(agent.state), flexible: true },
  ]
  return formatTable(columns, rows, { paint, ...(width === undefined ? {} : { width }) })
}

/** How many things an agent took into its lease. */
export async function countOwned(fleet: Fleet, agent: AgentRecord): Promise<number> {
  return (await fleet.resources(agent)).filter(resource => !isMark(resource)).length
}

/** Whether it stands for all that will ever carry the agent's mark: each lease has it, and the agent did not ask for it. */
export function isMark({ kind, data }: OwnedResource): boolean {
  return kind === 'process' && typeof data.mark === 'string'
}

/** The colour of a phase, for other places that name one. */
export function paintPhase(agent: AgentRecord, now: number, paint: Paint): string {
  return paint(PHASE_COLOURS[condition(agent, now)], phaseOf(agent, now))
}

function phaseOf(agent: AgentRecord, now: number): string {
  const asked = agent.stopRequestedAt !== null && agent.phase !== 'reaping' && agent.phase !== 'quarantined'
  return asked ? 'stopping' : condition(agent, now)
}

function lastBeat(agent: AgentRecord, now: number): string {
  return agent.lastBeat === null ? 'never' : `${formatAge(now - agent.lastBeat)} ago`
}
