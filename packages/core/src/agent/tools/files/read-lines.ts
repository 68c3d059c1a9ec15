import type { FileHandle } from 'node:fs/promises'
import { throwIfAborted } from '../../../errors/index.ts'
import { wholeEnd } from '../capped-output.ts'

export interface LinesWanted {
  /** The first line, from 1. */
  readonly offset: number
  readonly limit: number
  /** Bytes; only a line that is longer by itself is cut in the middle. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface LinesRead {
  readonly text: string
  /** The line to go on with, when there is more. */
  readonly next: number | undefined
  /** The first line was longer than all that may be read, and is cut. */
  readonly cut: boolean
  /** Lines that were passed before the first one wanted; all there are, when there is none. */
  readonly passed: number
}

const CHUNK = 65_536
const LINE_FEED = 0x0a

/** Reads lines of a file, from its beginning, holding no more than was asked for. */
export async function readLines(
  file: FileHandle,
  { offset, limit, maxBytes, signal }: LinesWanted,
): Promise<LinesRead> {
  const buffer = Buffer.allocUnsafe(CHUNK)
  const taken: Buffer[] = []
  let room = maxBytes
  let line = 1
  let atStart = true
  const result = (more: { next?: number; cut?: boolean; text?: string } = {}): LinesRead => {
    const { next, cut = false, text = Buffer.concat(taken).toString() } = more
    return { text, next, cut, passed: Math.min(offset, line + (atStart ? 0 : 1)) - 1 }
  }
  for (;;) {
    throwIfAborted(signal)
    const { bytesRead } = await file.read(buffer, 0, CHUNK, null)
    if (bytesRead === 0) return result()
    const chunk = buffer.subarray(0, bytesRead)
    const before = skipLines(chunk, 0, offset - line)
    line += before.lines
    const wanted = line < offset ? before : skipLines(chunk, before.end, offset + limit - line)
    if (line >= offset) {
      const part = chunk.subarray(before.end, wanted.end)
      taken.push(Buffer.from(part.subarray(0, room)))
      if (part.length > room) return result(cutAt(Buffer.concat(taken), offset))
      room -= part.length
      line += wanted.lines
      if (wanted.end < bytesRead) return result({ next: line })
    }
    atStart = chunk.at(-1) === LINE_FEED
  }
}

/** Goes on behind so many line feeds, or to the end of the chunk. */
function skipLines(chunk: Buffer, start: number, count: number): { end: number; lines: number } {
  let end = start
  let lines = 0
  while (lines < count && end < chunk.length) {
    const feed = chunk.indexOf(LINE_FEED, end)
    if (feed === -1) return { end: chunk.length, lines }
    end = feed + 1
    lines++
  }
  return { end, lines }
}

/** The whole lines of what there was room for; of a single one that is too long, what there was room for. */
function cutAt(bytes: Buffer, offset: number): { text: string; next: number; cut: boolean } {
  const end = bytes.lastIndexOf(LINE_FEED) + 1
  if (end === 0) return { text: bytes.toString('utf8', 0, wholeEnd(bytes)), next: offset + 1, cut: true }
  const whole = bytes.subarray(0, end)
  return { text: whole.toString(), next: offset + skipLines(whole, 0, Infinity).lines, cut: false }
}
