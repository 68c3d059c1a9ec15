import type { Outcome } from './log.ts'
import type { Figures } from './processes.ts'
import type { Program, Row } from './rows.ts'

/**
 * What ours has to keep to, at most, by the program that measures it. Bytes of a cancel are those beyond what the client leaves by itself
 * when it is aborted as often: Node's engine never forgets that a client made a generator function of its own for a request.
 */
export const TARGETS = {
  cancels: { bytes: 10, listeners: 0, dependants: 0, sockets: 0, openSockets: 0, completed: 0 },
  stall: { read: 4_000_000 },
  settle: { p99: 10 },
  turns: { bytes: 256 },
  events: { overhead: 5 },
} satisfies Record<Program, Figures>

/** Each row of ours that failed, or is above a target; peers have none. */
export function missedTargets(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ row }) => row.subject.around !== undefined)
    .flatMap(({ row, figures = {}, error }) => {
      if (error !== undefined) return [`${row.name}: ${error}`]
      return Object.entries(TARGETS[row.program])
        .map(([name, most]) => ({ name, most, own: figures[name] ?? NaN, client: clientOf(row, name, outcomes) }))
        .filter(({ own, client, most }) => !(own - client <= most))
        .map(({ name, own, client, most }) => {
          const beyond = client === 0 ? '' : ` beyond the client’s ${client.toFixed(1)}`
          return `${row.name}: ${name} ${own.toFixed(1)} > ${most}${beyond}`
        })
    })
}

/** What the client leaves by itself when it is aborted as often. */
function clientOf({ program, subject, task }: Row, figure: string, outcomes: readonly Outcome[]): number {
  if (program !== 'cancels' || figure !== 'bytes') return 0
  const client = outcomes.find(({ row }) => {
    const same = row.program === program && row.subject.name === subject.around
    return same && row.task.way === 'abort' && row.task.count === task.count
  })
  return Math.max(0, client?.figures?.[figure] ?? 0)
}
