import { UsageError } from './errors.ts'

/** Process ids as they are typed. Throws {@link UsageError}. */
export function parsePids(words: readonly string[]): number[] {
  return [...new Set(words.map(parsePid))]
}

/** One process id; undefined when the word is something else, such as the id of an agent. */
export function pidIn(word: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(word) ? Number(word) : undefined
}

function parsePid(word: string): number {
  const pid = pidIn(word)
  if (pid === undefined) throw new UsageError(`a process id is a number, not "${word}"`)
  return pid
}
