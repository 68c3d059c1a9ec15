import type { RetainerStep } from '../report.ts'

/** Steps that are told in the text of a way; of a longer one the middle is left out. */
const MAX_STEPS = 12

/** Types that tell a person no more than the name of the slot does. */
const PLAIN = new Set(['', 'Object', 'Array'])

/** A way in one line, as `module registry.ts → sessions (Map) → Map entry (Session) → onAbort (closure)`. */
export function pathText(steps: readonly RetainerStep[]): string {
  const words = steps.map(stepText)
  if (words.length > MAX_STEPS) words.splice(MAX_STEPS / 2, words.length - MAX_STEPS + 1, '…')
  return words.join(' → ')
}

function stepText({ name, type }: RetainerStep): string {
  if (name === '') return type
  if (type === `closure ${name}`) return `${name} (closure)`
  return PLAIN.has(type) ? name : `${name} (${type})`
}
