/**
 * Finds JSON Web Tokens: `eyJ…`, a dot, a payload, a dot, a signature.
 *
 * By hand rather than by a regular expression: one that tries again at each `eyJ` of a long text looks thousands of times at
 * the same characters. This looks at each character once.
 */

/** A part of a text: from `start` up to, but not including, `end`. */
export interface Span {
  start: number
  end: number
}

/** The part of a string that is needed. */
export type Characters = Pick<string, 'length' | 'charCodeAt'>

/** Each of the three parts has at least so many characters, the `eyJ` of the first not counted. */
const SHORTEST = 8

/** Between two dots, or a dot and the end of the word. */
interface Segment {
  start: number
  length: number
  /** Where its first `eyJ` begins that no letter, digit or underscore stands before; undefined without one. */
  header: number | undefined
}

/** The tokens of a text, in order. They do not overlap. */
export function findWebTokens(text: Characters): Span[] {
  const found: Span[] = []
  let earlier: Segment[] = [] // the two before the current one, of the same word
  let segment: Segment = { start: 0, length: 0, header: undefined }

  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : END
    if (isWord(code) || code === DASH) {
      segment.length++
      if (code === J && beginsHeader(text, at - 2)) segment.header ??= at - 2
      continue
    }
    const [first, second] = earlier
    if (first !== undefined && second !== undefined && isToken(first, second, segment)) {
      found.push({ start: first.header ?? first.start, end: at })
      earlier = []
    } else earlier = code === DOT ? [...earlier.slice(-1), segment] : []
    segment = { start: at + 1, length: 0, header: undefined }
  }
  return found
}

const END = -1
const [DASH, DOT, UNDERSCORE] = [0x2d, 0x2e, 0x5f]
const [E, Y, J] = [0x65, 0x79, 0x4a]

/** Whether a J that was seen two characters later ends an `eyJ`, with none of a word before it. */
function beginsHeader(text: Characters, start: number): boolean {
  return text.charCodeAt(start + 1) === Y && text.charCodeAt(start) === E && !isWord(text.charCodeAt(start - 1))
}

function isToken(header: Segment, payload: Segment, signature: Segment): boolean {
  if (header.header === undefined || payload.length < SHORTEST || signature.length < SHORTEST) return false
  return header.start + header.length - header.header >= 'eyJ'.length + SHORTEST
}

function isWord(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === UNDERSCORE
}
