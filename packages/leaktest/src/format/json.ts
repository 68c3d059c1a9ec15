import type { TestOutcome } from './outcome.ts'

// oxlint-disable-next-line no-control-regex -- JSON lets these through, a terminal takes them for commands
const CONTROL = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** One outcome per line, each an object: a report as it is, or `{ name, error }`. Ends without a line break. */
export function formatJsonLines(outcomes: readonly TestOutcome[]): string {
  return outcomes.map(outcome => JSON.stringify(outcome).replace(CONTROL, escape)).join('\n')
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
