import { runAs } from '../../callers.ts'
import { Owned, type Owner } from '../../owned.ts'
import type { CloseReason } from '../../reason.ts'

const NEVER = new AbortController().signal

/**
 * The handling of one message: what a call of `close()` that comes from it is known by. Not a member of any list. Once it has ended,
 * whatever it started is no longer code of the actor's.
 */
export class Handling extends Owned {
  #controller: AbortController | undefined = undefined

  constructor(actor: Owner) {
    super()
    this.owner = actor
  }

  get kind(): string {
    return 'message'
  }

  get name(): string {
    return ''
  }

  /** Calls the handler. As with a task, one that does not declare a signal gets none that aborts. */
  run<M, R>(handler: (message: M, signal: AbortSignal) => R, message: M): R {
    if (handler.length < 2) return runAs(this, handler, message, NEVER)
    this.#controller = new AbortController()
    return runAs(this, handler, message, this.#controller.signal)
  }

  /** Tells the handler to stop. */
  override cancel(reason: CloseReason): void {
    const controller = this.#controller
    if (controller !== undefined) runAs(this, () => controller.abort(reason.error))
  }

  end(): void {
    this.owner = undefined
  }
}
