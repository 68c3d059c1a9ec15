import type { Outcome } from './log.ts'
import type { Program } from './rows.ts'

/** Figures that can be compared with others, of which less is better. */
const COMPARED: readonly { program: Program; figure: string; what: string }[] = [
  { program: 'cancels', figure: 'milliseconds', what: 'milliseconds for each stream that is stopped' },
  { program: 'cancels', figure: 'rss', what: 'RSS in MB' },
  { program: 'stall', figure: 'read', what: 'MB read while nobody reads' },
  { program: 'stall', figure: 'sent', what: 'MB sent to who does not read' },
]

/** Where the client that ours is around does better by itself, by a tenth at least. */
export function formatWins(outcomes: readonly Outcome[]): string[] {
  const lines = COMPARED.flatMap(({ program, figure, what }) =>
    outcomes
      .filter(({ row }) => row.program === program)
      .flatMap(({ row: { subject, task }, figures }) => {
        const other = outcomes.find(
          ({ row }) => row.program === program && row.subject.name === subject.around && row.task.way === task.way,
        )
        const [ours = NaN, theirs = NaN] = [figures?.[figure], other?.figures?.[figure]]
        if (other === undefined || !(theirs < ours * 0.9)) return []
        const scale = figure === 'milliseconds' ? 1 : 1e6
        const names = [other.row.subject.title(), ...(task.way === undefined ? [] : [task.way])].join(', ')
        return [`- ${names}: ${what}: ${(theirs / scale).toFixed(1)}, ours ${(ours / scale).toFixed(1)}`]
      }),
  )
  return lines.length > 0 ? ['## Where the client by itself does better', '', ...lines, ''] : []
}
