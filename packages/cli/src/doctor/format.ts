import { formatAge } from '../output/duration.ts'
import type { Paint } from '../output/paint.ts'
import { plural } from '../output/plural.ts'
import { formatSize } from '../output/size.ts'
import { plain, truncate } from '../output/text.ts'
import { wrap } from '../output/wrap.ts'
import type { FoundProcess } from './finding.ts'
import { isOpen, type Outcome } from './outcome.ts'

/** Processes and paths named per finding. */
const NAMED = 8
const INDENT = '    '

export interface FormatOptions {
  paint: Paint
  /** Columns of the terminal. @default lines are as long as they are */
  width?: number
}

/** Findings for people, and a last line that says what all of it comes to. */
export function formatOutcomes(outcomes: readonly Outcome[], options: FormatOptions): string[] {
  const blocks = outcomes.flatMap(outcome => [...formatOutcome(outcome, options), ''])
  return [...blocks, ...wrap(summaryOf(outcomes), options).map(line => options.paint('bold', line))]
}

function formatOutcome(outcome: Outcome, { paint, width = Infinity }: FormatOptions): string[] {
  const { code, what, why, processes, paths, age, memory } = outcome
  const title = `${signOf(outcome, paint)} ${paint('bold', code)}  ${plain(what)}${paint('dim', factsOf(age, memory))}`
  const names = [...namesOf(processes.map(describeProcess)), ...namesOf(paths.map(plain))]
  const lines = [title, ...names.map(name => `${INDENT}${paint('dim', name)}`)].map(line => truncate(line, width))
  const paragraph = (text: string): string[] => wrap(plain(text), { width, indent: INDENT })
  return [...lines.slice(0, 1), ...paragraph(why), ...lines.slice(1), ...paragraph(verdictOf(outcome))]
}

function signOf({ severity, fixed }: Outcome, paint: Paint): string {
  if (fixed === true) return paint('green', '✓')
  return severity === 'advice' ? paint('yellow', '•') : paint('red', '✗')
}

function verdictOf({ fixed, error, repairedBy, remedy, processes }: Outcome): string {
  if (fixed === true) return 'fixed'
  if (fixed === false) return `not fixed: ${error ?? 'no reason was given'}`
  if (repairedBy === null) return remedy
  if (repairedBy === 'pid') return `oakum doctor ${processes[0]?.identity.pid} --fix ${remedy}`
  return `${repairedBy === 'fix' ? '--fix' : '--fix --orphans'} ${remedy}`
}

function describeProcess({ identity, program, age, memory }: FoundProcess): string {
  return `${String(identity.pid).padStart(7)}  ${plain(program)}${factsOf(age, memory)}`
}

function factsOf(age: number | null, memory: number | null): string {
  const facts = [...(age === null ? [] : [formatAge(age)]), ...(memory === null ? [] : [formatSize(memory)])]
  return facts.length === 0 ? '' : `  ${facts.join(', ')}`
}

function namesOf(names: readonly string[]): string[] {
  if (names.length <= NAMED) return [...names]
  return [...names.slice(0, NAMED), `… and ${names.length - NAMED} more`]
}

function summaryOf(outcomes: readonly Outcome[]): string {
  const fixed = outcomes.filter(outcome => outcome.fixed === true).length
  const left = outcomes.filter(isOpen)
  const advice = outcomes.filter(outcome => outcome.severity === 'advice' && outcome.fixed === null).length
  return [
    ...(fixed > 0 ? [`${fixed} fixed.`] : []),
    left.length === 0 ? 'Nothing is left over.' : `${plural(left.length, 'problem')}${fixed > 0 ? ' left' : ''}.`,
    ...(advice > 0 ? [`${plural(advice, 'piece')} of advice.`] : []),
    ...hintsFor(left),
  ].join(' ')
}

/** The command that repairs what is left and was not tried. */
function hintsFor(left: readonly Outcome[]): string[] {
  const ways = new Set(left.filter(({ fixed }) => fixed === null).map(({ repairedBy }) => repairedBy))
  if (ways.has('fix')) return ['To repair what is Oakum’s own: oakum doctor --fix']
  return ways.has('orphans') ? ['To end it: oakum doctor --fix --orphans'] : []
}
