import { AsyncLocalStorage } from 'node:async_hooks'
import { Patience } from './patience.ts'
import type { SendOptions } from './actor.ts'
import { Queueable } from './queue.ts'

/** A message on its way, with those who wait for what becomes of it. */
export class Envelope<M, R> extends Queueable {
  readonly message: M
  /** The one who wants to know that it is in the mailbox, when it was not at once. */
  admission: Patience<void> | undefined = undefined
  /** The one who wants an answer. */
  reply: Patience<R> | undefined = undefined
  #context: (<T>(fn: () => T) => T) | undefined = undefined

  constructor(message: M) {
    super()
    this.message = message
  }

  /** Its sender wants an answer. The message is handled in his name, since he may be waiting for it. */
  expectReply(options: SendOptions, withdraw: (envelope: this) => void): Promise<R> {
    this.#context = AsyncLocalStorage.snapshot()
    this.reply = new Patience(options, () => withdraw(this))
    return this.reply.promise
  }

  /** Its sender waits for room. */
  expectAdmission(options: SendOptions, withdraw: (envelope: this) => void): Promise<void> {
    this.admission = new Patience(options, () => withdraw(this))
    return this.admission.promise
  }

  /** Runs its handling. */
  run<T>(fn: () => T): T {
    return this.#context === undefined ? fn() : this.#context(fn)
  }

  /** It will not be handled. */
  reject(error: unknown): void {
    this.admission?.reject(error)
    this.reply?.reject(error)
  }
}
