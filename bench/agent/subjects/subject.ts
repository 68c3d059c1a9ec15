import type { ModelName } from '../models.ts'

/**
 * One side of the comparison: a client, or a loop around it.
 *
 * The model's name says what the server answers; see `programs/server.ts`.
 */
export interface Subject {
  /** What `--only` goes by. */
  readonly name: string
  /** As it stands in the tables. */
  readonly title: () => string
  /** How it is used here. */
  readonly about: string
  /** Of ours: the peer that is its client by itself. */
  readonly around?: string
  /** The ways in which it can be stopped. */
  readonly ways: readonly Way[]
  /** Imports what it needs, and opens a client at the server's origin; it is kept until the process ends. */
  open(origin: string): Promise<Client>
}

/**
 * - `cancel`: by its own cancel; a long-lived signal of the caller's is passed in, and never aborts.
 * - `abort`: the signal that is passed in aborts; each use has one of its own.
 * - `break`: the consumer breaks out of its loop; a long-lived signal is passed in, and never aborts.
 */
export type Way = 'cancel' | 'abort' | 'break'

/** Starts a stream. */
export type Client = (request: StreamRequest) => Promise<Streamed>

interface StreamRequest {
  /** What the server answers. */
  readonly model: ModelName
  readonly signal: AbortSignal
}

/** A stream that was started. */
interface Streamed {
  readonly events: AsyncIterable<unknown>
  /** Whether an event is a piece of text. */
  readonly isText: (event: unknown) => boolean
  /** Its own cancel, where it has one; settles when that does. */
  readonly cancel?: () => unknown
}
