import type { Paint } from '../output/paint.ts'
import { formatTable, type Column } from '../output/table.ts'
import { isUntouched, whatIsLeft } from './evidence.ts'
import { AGENTS, GONE_WITHIN, VICTIMS, type DemoAgent, type StopReport } from './demo.ts'

/** What the demo saw, for people and for programs. Each figure was read from the system. */
export interface DemoSummary {
  /** True when everything was as it should be. */
  ok: boolean
  /** Agents that were killed. */
  orphans: number
  /** Killed agents of which nothing is left. */
  cleaned: number
  /** Other agents that still have everything. */
  healthy: number
  killed: KilledAgent[]
  /** The orderly end of the others; null when the demo goes on. */
  shutdown: { agents: number; seconds: number; left: string[]; uncollected: number } | null
  /** What was not as it should be, for people. */
  problems: string[]
}

interface KilledAgent {
  id: string
  pid: number
  /** Its child, which had called setsid. */
  child: number
  directory: string
  /** From SIGKILL until nothing was left; null when something is. */
  secondsToGone: number | null
}

/** Sums up what is to be seen now. */
export function summarize(agents: readonly DemoAgent[]): DemoSummary {
  const victims = agents.filter(agent => agent.killedAt !== null)
  const killed = victims.flatMap(killedAgent)
  const healthy = agents.filter(isHealthy).length
  const problems = victims.filter(agent => agent.goneAfter === null).map(stillThere)
  if (healthy !== AGENTS - VICTIMS)
    problems.push(`${AGENTS - VICTIMS - healthy} agents that were not killed lost something`)
  return {
    ok: problems.length === 0,
    orphans: victims.length,
    cleaned: killed.filter(agent => agent.secondsToGone !== null).length,
    healthy,
    killed,
    shutdown: null,
    problems,
  }
}

/** Adds how the demo ended. */
export function withShutdown(
  summary: DemoSummary,
  { agents, milliseconds, left, uncollected }: StopReport,
): DemoSummary {
  const problems = [...summary.problems, ...left.map(thing => `left after the end: ${thing}`)]
  const shutdown = { agents, seconds: seconds(milliseconds), left, uncollected }
  return { ...summary, ok: problems.length === 0, shutdown, problems }
}

/** The table of the killed and the line that counts. */
export function formatSummary(summary: DemoSummary, paint: Paint, width?: number): string[] {
  const columns: Column<KilledAgent>[] = [
    { title: 'KILLED', value: row => row.id },
    { title: 'PID', value: row => String(row.pid), align: 'right' },
    { title: 'CHILD', value: row => String(row.child), align: 'right' },
    { title: 'DIRECTORY', value: row => row.directory, flexible: true },
    {
      title: 'FROM KILL TO GONE',
      value: row => (row.secondsToGone === null ? 'still there' : `${row.secondsToGone.toFixed(2)} s`),
      paint: (text, row) => paint(row.secondsToGone === null ? 'red' : 'green', text),
      align: 'right',
    },
  ]
  const { orphans, cleaned, healthy, ok } = summary
  const counts = `${orphans} orphans, ${cleaned} cleaned, ${healthy} healthy`
  const table = formatTable(columns, summary.killed, { paint, ...(width === undefined ? {} : { width }) })
  const wrong = summary.problems.map(problem => `${paint('red', '✗')} ${problem}`)
  return [
    ...table,
    '',
    ...wrong,
    `${paint(['bold', ok ? 'green' : 'red'], counts)}${paint('dim', '  read from the system')}`,
  ]
}

/** How the demo ended, and what it left. */
export function formatEnd({ agents, milliseconds, left, uncollected }: StopReport, paint: Paint): string[] {
  if (left.length > 0) return left.map(thing => `${paint('red', '✗')} left after the end: ${thing}`)
  const took = (milliseconds / 1_000).toFixed(2)
  const done = `${paint('green', '✓')} ${agents} agents shut down in ${took} s; no process and no directory is left`
  if (uncollected === 0) return [done]
  return [
    done,
    paint('dim', `  ${uncollected} children of killed agents have ended, and wait for PID 1 to collect them`),
  ]
}

function isHealthy({ killedAt, holding }: DemoAgent): boolean {
  return killedAt === null && holding !== null && isUntouched(holding)
}

function killedAgent({ id, holding, goneAfter }: DemoAgent): KilledAgent[] {
  if (holding === null) return []
  const { agent, child, directory } = holding
  return [
    { id, pid: agent.pid, child: child.pid, directory, secondsToGone: goneAfter === null ? null : seconds(goneAfter) },
  ]
}

function stillThere({ id, holding }: DemoAgent): string {
  const left = holding === null ? [] : whatIsLeft(holding)
  return `${id} was not gone ${GONE_WITHIN / 1_000} s after its kill: ${left.join(', ')}`
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100
}
