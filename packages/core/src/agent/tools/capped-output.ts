/**
 * Output of which the head and the tail are kept, whatever its length.
 *
 * Invariants:
 * - It holds `maxBytes` at most, each half allocated when it is needed first, and nothing of the pieces that it was given.
 * - A character is kept whole or not at all. Bytes that are no UTF-8 read as U+FFFD.
 */
import { OakumError } from '../../errors/index.ts'

export class CappedOutput {
  readonly #maxBytes: number
  readonly #headBytes: number
  #head: Buffer = Buffer.alloc(0)
  #headLength = 0
  /** The last bytes behind the head, in a ring. */
  #ring: Buffer = Buffer.alloc(0)
  #ringLength = 0
  /** Where the next byte goes; the oldest one is there when the ring is full. */
  #at = 0
  #total = 0

  /** @throws OakumError INVALID_OPTION */
  constructor(maxBytes: number) {
    validateMaxBytes('maxBytes', maxBytes)
    this.#maxBytes = maxBytes
    this.#headBytes = Math.ceil(maxBytes / 2)
  }

  /** Bytes that were written, those left out included. */
  get total(): number {
    return this.#total
  }

  write(bytes: Uint8Array): void {
    this.#total += bytes.length
    const forHead = bytes.subarray(0, this.#headBytes - this.#headLength)
    if (forHead.length > 0) {
      this.#head = grown(this.#head, this.#headLength, forHead.length, this.#headBytes)
      this.#head.set(forHead, this.#headLength)
      this.#headLength += forHead.length
    }
    if (bytes.length > forHead.length) this.#writeTail(bytes.subarray(forHead.length))
  }

  /** All of it, or head and tail with a note of what is left out between them. */
  text(): string {
    const head = this.#head.subarray(0, this.#headLength)
    const tail = this.#tail()
    if (this.#total <= this.#maxBytes) return Buffer.concat([head, tail]).toString()
    const start = head.subarray(0, wholeEnd(head))
    const end = tail.subarray(wholeStart(tail))
    return start.toString() + leftOut(this.#total - start.length - end.length) + end.toString()
  }

  #writeTail(bytes: Uint8Array): void {
    const size = this.#maxBytes - this.#headBytes
    if (size === 0) return
    const last = bytes.subarray(-size)
    if (this.#ring.length < size) {
      // Until it is full nothing wraps, so it can grow as it is.
      this.#ring = grown(this.#ring, this.#ringLength, last.length, size)
    }
    const upToEnd = last.subarray(0, this.#ring.length - this.#at)
    this.#ring.set(upToEnd, this.#at)
    this.#ring.set(last.subarray(upToEnd.length), 0)
    this.#at = (this.#at + last.length) % size
    this.#ringLength = Math.min(size, this.#ringLength + last.length)
  }

  #tail(): Buffer {
    const size = this.#maxBytes - this.#headBytes
    if (this.#ringLength < size) return this.#ring.subarray(0, this.#ringLength)
    return Buffer.concat([this.#ring.subarray(this.#at), this.#ring.subarray(0, this.#at)])
  }
}

/** Cuts a text as {@link CappedOutput} does: `maxBytes` of it are kept, and the note comes on top. The result holds nothing of a longer text. */
export function capText(text: string, maxBytes: number): string {
  const total = Buffer.byteLength(text)
  if (total <= maxBytes) return text
  const headBytes = Math.ceil(maxBytes / 2)
  const tailBytes = maxBytes - headBytes
  // Each unit of a string is at least one byte of UTF-8, so no more of them than bytes are wanted. A pair that the slice cuts
  // in two becomes three bytes, of which the cut below removes the first part that is kept.
  const head = Buffer.from(text.slice(0, headBytes)).subarray(0, headBytes)
  const tail = tailBytes === 0 ? Buffer.alloc(0) : Buffer.from(text.slice(-tailBytes)).subarray(-tailBytes)
  const start = head.subarray(0, wholeEnd(head))
  const end = tail.subarray(wholeStart(tail))
  return start.toString() + leftOut(total - start.length - end.length) + end.toString()
}

/** @throws OakumError INVALID_OPTION */
export function validateMaxBytes(option: string, bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes > 0) return
  throw new OakumError('INVALID_OPTION', `${option} must be a number of bytes above 0, not ${bytes}.`)
}

/** Where the bytes end that are whole characters. */
export function wholeEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (isContinuation(byte)) continue
    return lengthOf(byte) > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** Where the first whole character begins. */
function wholeStart(bytes: Uint8Array): number {
  let start = 0
  while (start < Math.min(3, bytes.length) && isContinuation(bytes[start] ?? 0)) start++
  return start
}

/** Bytes of the character that begins with a byte. */
function lengthOf(lead: number): number {
  if (lead < 0xc0) return 1
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

function leftOut(bytes: number): string {
  return `\n… ${bytes} bytes left out …\n`
}

/** A buffer with room for more, doubled as it fills, up to its most; the same one when there is room. */
function grown(buffer: Buffer, used: number, more: number, most: number): Buffer {
  if (used + more <= buffer.length) return buffer
  const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(used + more, buffer.length * 2)))
  larger.set(buffer.subarray(0, used))
  return larger
}
