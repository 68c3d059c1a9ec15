import type { OakumError } from '../../errors/index.ts'
import type { Transport } from './sdk.ts'

/** A transport of the SDK's whose scope owns all of it: to close it only ends the talking, the rest goes with the scope. */
export interface ServerTransport extends Transport {
  /** Why it ended by itself, once it did. It is set before `onclose` is called. */
  readonly failure: OakumError | undefined
  /** What the server said last beside its messages; see `LastWords`. */
  readonly lastWords: string
}
