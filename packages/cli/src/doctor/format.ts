import { formatAge } from '../output/duration.ts'
import type { Paint } from '../output/paint.ts'
import { plural } from '../output/plural.ts'
import { formatSize } from '../output/size.ts'
import { plain } from '../output/text.ts'
import { wrap } from '../output/wrap.ts'
import type { FoundProcess } from './finding.ts'
import { isOpen, type Outcome } from './outcome.ts'

/** Processes and paths named per finding. */
const NAMED = 8

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

function formatOutcome(outcome: Outcome, { paint, width }: FormatOptions): string[] {
  const { code, what, why, remedy, processes, paths, age, memory } = outcome
  const facts = [age === null ? '' : formatAge(age), memory === null ? '' : formatSize(memory)].filter(
    fact => fact !== '',
  )
  const title = `${signOf(outcome, paint)} ${paint('bold', code)}  ${plain(what)}${facts.length === 0 ? '' : `  ${paint('dim', facts.join(', '))}`}`
  const body = (text: string, indent: string): string[] =>
    wrap(plain(text), { ...(width === undefined ? {} : { width }), indent })
  return [
    title,
    ...body(why, '    '),
    ...namesOf(processes.map(describeProcess)).map(name => `    ${paint('dim', name)}`),
    ...namesOf(paths).map(path => `    ${paint('dim', plain(path))}`),
    ...body(verdictOf(outcome, remedy), '    '),
  ]
}

function signOf({ severity, fixed }: Outcome, paint: Paint): string {
  if (fixed === true) return paint('green', '✓')
  return severity === 'advice' ? paint('yellow', '•') : paint('red', '✗')
}

function verdictOf({ severity, fixed, error }: Outcome, remedy: string): string {
  if (fixed === true) return 'fixed'
  if (fixed === false) return `not fixed: ${error ?? 'no reason was given'}`
  return severity === 'advice' || /^[A-Z]/.test(remedy) ? remedy : `--fix ${remedy}`
}

function describeProcess({ identity, program, age, memory }: FoundProcess): string {
  const facts = [age === null ? '' : formatAge(age), memory === null ? '' : formatSize(memory)].filter(
    fact => fact !== '',
  )
  return `${String(identity.pid).padStart(7)}  ${plain(program)}${facts.length === 0 ? '' : `  ${facts.join(', ')}`}`
}

function namesOf(names: readonly string[]): string[] {
  if (names.length <= NAMED) return [...names]
  return [...names.slice(0, NAMED), `… and ${names.length - NAMED} more`]
}

function summaryOf(outcomes: readonly Outcome[]): string {
  const problems = outcomes.filter(isOpen).length
  const fixed = outcomes.filter(outcome => outcome.fixed === true).length
  const advice = outcomes.filter(({ severity }) => severity === 'advice').length
  const parts = [
    ...(fixed > 0 ? [`${fixed} fixed`] : []),
    ...(problems > 0 ? [`${plural(problems, 'problem')}${fixed > 0 ? ' left' : ''}`] : []),
  ]
  const state = problems === 0 ? 'Nothing is left over' : parts.splice(-1).join('')
  return [...parts, state, ...(advice > 0 ? [`${advice} of advice`] : [])].join(', ')
}
