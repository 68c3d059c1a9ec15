import type { Outcome } from './log.ts'
import type { Figures } from './processes.ts'
import type { Program } from './rows.ts'

/** What ours has to keep to, at most, by the program that measures it. What the client leaves by itself is in it. */
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
        .map(([name, most]) => ({ name, most, own: figures[name] ?? NaN }))
        .filter(({ own, most }) => !(own <= most))
        .map(({ name, own, most }) => `${row.name}: ${name} ${own.toFixed(1)} > ${most}`)
    })
}
