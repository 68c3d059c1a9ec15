/** What the thread that beats and the one that it beats for tell each other. */
import type { MessagePort } from 'node:worker_threads'
import type { LeaseRef } from '../records.ts'
import type { BeatAnswer } from './beat-loop.ts'
import type { StoreAddress } from './store-address.ts'

export interface BeatWorkerData {
  port: MessagePort
  /** Of the event loop of the agents. */
  pulse: SharedArrayBuffer
  address: StoreAddress
  beatEvery: number
  stuckAfter: number
}

export type ToWorker =
  | { type: 'add'; ref: LeaseRef }
  | { type: 'remove'; ref: LeaseRef }
  | { type: 'progressed'; refs: LeaseRef[] }
  | { type: 'beat soon' }
  | { type: 'close' }

/** The first answer also says that the thread has taken over. */
export interface FromWorker {
  answer: BeatAnswer
}
