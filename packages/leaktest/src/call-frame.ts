/** Functions on a stack of allocation, and which of them is to blame. */
import { fileURLToPath } from 'node:url'

/** A function of the program on a stack of allocation; positions are those of the function, counted from 0. */
export interface CallFrame {
  readonly function: string
  readonly url: string
  readonly scriptId: string
  readonly line: number
  readonly column: number
}

/** Where the harness itself lies: its frames are nobody's site. Scripts are named by URLs, by some test frameworks by paths. */
const OWN = new URL('.', import.meta.url).href
const OWN_PATH = fileURLToPath(OWN)

/** Whether a frame belongs to the program that is tested: neither to Node nor to the harness. */
export function isProgram({ url }: CallFrame): boolean {
  return url !== '' && !url.startsWith('node:') && !isOwnUrl(url)
}

/** Whether a file is one of the harness. */
export function isOwnUrl(url: string): boolean {
  return url.startsWith(OWN) || url.startsWith(OWN_PATH)
}

/** The function that a person would look at: the nearest of the program, or where there is none, of Node. */
export function siteFrameOf(stack: readonly CallFrame[]): CallFrame | undefined {
  return stack.find(isProgram) ?? stack.find(({ url }) => url.startsWith('node:'))
}

/** Tells sites apart. */
export function siteKeyOf({ scriptId, url, line, column, function: name }: CallFrame): string {
  return `${scriptId} ${url} ${line} ${column} ${name}`
}
