import type { Item, Raw } from './items.ts'

/** Bytes that a `raw` counts for which JSON cannot say: a circular one, or one with a bigint. */
export const UNKNOWN_RAW_BYTES = 1_024

/** Bytes that an item takes in a request, about: its texts in UTF-8, and the JSON of its `raw`. */
export function itemSize(item: Item): number {
  if (item.type === 'tool_result') return utf8(item.callId) + utf8(item.name) + utf8(item.output)
  const made = utf8(item.id) + rawSize(item.raw)
  return item.type === 'tool_call'
    ? made + utf8(item.callId) + utf8(item.name) + utf8(item.arguments)
    : made + utf8(item.text)
}

function utf8(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text)
}

function rawSize(raw: Raw | undefined): number {
  if (raw === undefined) return 0
  try {
    // What JSON leaves out altogether, as a function, is not sent.
    return utf8(JSON.stringify(raw.value))
  } catch {
    return UNKNOWN_RAW_BYTES
  }
}
