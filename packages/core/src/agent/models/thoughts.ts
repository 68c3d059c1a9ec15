/**
 * Where thoughts stand in what a service is sent again. Services that seal thoughts look at their place, and refuse the whole
 * conversation, each time, when it is wrong.
 */
import type { Item } from '../items.ts'

/** A part of a message, and whose it is. */
interface Placed {
  readonly role: string
  readonly kind: Item['type']
}

/** Leaves out thoughts that led to nothing: those behind which the assistant says and calls nothing more. */
export function withoutLooseThoughts<Part extends Placed>(parts: readonly Part[]): readonly Part[] {
  const kept: Part[] = []
  let next = 'user'
  for (const part of parts.toReversed()) {
    const thought = part.kind === 'reasoning'
    if (thought && next !== 'assistant') continue
    if (!thought) next = part.role
    kept.push(part)
  }
  return kept.toReversed()
}

/**
 * The parts of one message of the assistant's, so that it begins with thoughts if there are any: Claude insists. What a response had said
 * that broke off stands before the thoughts of the next one.
 */
export function thoughtsFirst<Part extends Placed>(parts: readonly Part[]): readonly Part[] {
  const begin = parts.findIndex(isThought)
  if (begin <= 0) return parts
  const length = parts.slice(begin).findIndex(part => !isThought(part))
  const end = length === -1 ? parts.length : begin + length
  return [...parts.slice(begin, end), ...parts.slice(0, begin), ...parts.slice(end)]
}

function isThought({ kind }: Placed): boolean {
  return kind === 'reasoning'
}
