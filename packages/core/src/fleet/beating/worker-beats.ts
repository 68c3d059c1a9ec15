/**
 * Has another thread of this process beat, so that agents stay alive while their event loop is blocked.
 *
 * Invariants:
 * - It never keeps the process alive.
 * - What the thread was told by the store can be heard without a turn of the event loop (`drain`): a loop that comes back hears
 *   of it before any lease is given up.
 * - However the thread ends, `onLost` is called once, unless it was closed.
 *
 * The thread takes about 20 MB, and some 50 ms to start. Who starts it closes it.
 */
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'
import type { LeaseRef } from '../records.ts'
import type { BeatAnswer } from './beat-loop.ts'
import type { BeatWorkerData, FromWorker, ToWorker } from './worker-messages.ts'

export interface WorkerBeatsOptions extends Omit<BeatWorkerData, 'port'> {
  /** Told of each batch. The first says that the thread has taken over. */
  onAnswer: (answer: BeatAnswer) => void
  /** The thread ended without having been told to. */
  onLost: (error: unknown) => void
}

/** The program, as source or compiled like this file. */
const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? './beat-worker.ts' : './beat-worker.js', import.meta.url)
/** Room for beats of some 10,000 agents, and no more: a thread that leaks shall end itself and not the process. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }
/** Milliseconds for the thread to end by itself. */
const CLOSE_TIMEOUT = 2_000

export class WorkerBeats {
  readonly #port: MessagePort
  readonly #worker: Worker
  readonly #exit: Promise<unknown>
  readonly #onAnswer: (answer: BeatAnswer) => void
  #closing = false

  constructor({ onAnswer, onLost, ...data }: WorkerBeatsOptions) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#onAnswer = onAnswer
    const workerData = { ...data, port: port2 } satisfies BeatWorkerData
    try {
      // Flags and variables of the program are its own: what it preloads must not run in here a second time.
      this.#worker = new Worker(PROGRAM, {
        name: 'oakum beats',
        workerData,
        transferList: [port2],
        env: {},
        execArgv: ['--disable-warning=ExperimentalWarning'],
        resourceLimits: RESOURCE_LIMITS,
      })
    } catch (error) {
      port1.close() // and the other with it: an open port is never collected
      throw error
    }
    let failure: unknown
    this.#worker.on('error', error => (failure = error))
    this.#exit = new Promise(resolve => this.#worker.once('exit', resolve))
    this.#worker.once('exit', code => {
      this.drain()
      port1.close()
      if (!this.#closing) onLost(failure ?? new Error(`The thread that beats ended with ${code}.`))
    })
    port1.on('message', (message: FromWorker) => onAnswer(message.answer))
    port1.unref()
    this.#worker.unref()
  }

  add(ref: LeaseRef): void {
    this.#tell({ type: 'add', ref })
  }

  remove(ref: LeaseRef): void {
    this.#tell({ type: 'remove', ref })
  }

  progressed(refs: LeaseRef[]): void {
    this.#tell({ type: 'progressed', refs })
  }

  beatSoon(): void {
    this.#tell({ type: 'beat soon' })
  }

  /** Hears what waits to be heard. */
  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port)
      if (received === undefined) return
      // oxlint-disable-next-line no-unsafe-type-assertion -- the only thing that the other end sends
      this.#onAnswer((received.message as FromWorker).answer)
    }
  }

  /** Ends the thread, and waits for it. Idempotent. */
  async close(): Promise<void> {
    this.#closing = true
    this.#worker.ref() // else a process that waits for nothing but this call would end before it
    this.#tell({ type: 'close' })
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_TIMEOUT)
    await this.#exit
    clearTimeout(timer)
  }

  #tell(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
    this.#port.postMessage(message)
  }
}
