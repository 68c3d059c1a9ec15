const MODELS = ['paced', 'flood', 'events', 'caller'] as const

/** What the server can be asked for: see `programs/server.ts`. */
export type ModelName = (typeof MODELS)[number]

export function isModelName(value: unknown): value is ModelName {
  return MODELS.some(name => name === value)
}

/** Bytes of text that the server offers to who does not read. */
export const FLOOD_BYTES = 100_000_000

/** Pieces of text in a response whose events are counted. */
export const EVENTS = 10_000
