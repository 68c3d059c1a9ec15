import type { Item } from '../items.ts'

/** What the model is told when its answer broke off and nobody has said anything since. */
export const BROKEN_OFF = '(The answer broke off. Go on.)'

/** Whether a conversation ends with an answer that broke off: many models answer to a user or a result only. */
export function isBrokenOff(items: readonly Item[]): boolean {
  const last = items.findLast(item => item.type !== 'message' || item.role !== 'system')
  return last?.type === 'message' && last.role === 'assistant' && last.partial === true
}
