import { runAs } from '../callers.ts'
import { Owned, type Phase } from '../owned.ts'
import type { CloseReason } from '../reason.ts'
import { tellError } from '../surface.ts'

const NEVER = new AbortController().signal

/** A promise with an owner: aborted, then awaited. */
export class TaskResource<T> extends Owned {
  readonly #name: string
  #controller: AbortController | undefined = undefined
  #reason: CloseReason | undefined = undefined

  constructor(name: string) {
    super()
    this.#name = name
  }

  get kind(): string {
    return 'task'
  }

  get name(): string {
    return this.#name
  }

  override get phase(): Phase {
    return 'join'
  }

  override get subject(): unknown {
    return this.ending
  }

  /** Starts the work; the node is in its owner's list already. */
  run(work: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
    const promise = this.#begin(work).then(
      value => {
        this.leave()
        return value
      },
      (error: unknown) => {
        this.#failed(error, promise)
        throw error
      },
    )
    this.ending = promise
    return promise
  }

  override cancel(reason: CloseReason): void {
    this.#reason = reason
    const controller = this.#controller
    // As code of the task: a listener of its signal may well close a scope, and the task wait for that.
    if (controller !== undefined) runAs(this, () => controller.abort(reason.error))
  }

  async #begin(work: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
    // A controller is most of what a task costs; work that declares no parameter does not look at its signal.
    if (work.length === 0) return await runAs(this, work, NEVER)
    this.#controller = new AbortController()
    return await runAs(this, work, this.#controller.signal)
  }

  #failed(error: unknown, promise: Promise<T>): void {
    const explained = this.#reason?.explains(error) === true
    const told = !explained && tellError(this.owner, this, error)
    // Whoever awaits the task is told by its promise in any case; this only keeps it from being an unhandled rejection.
    if (explained || told) markHandled(promise)
    this.leave()
  }
}

function markHandled(promise: Promise<unknown>): void {
  promise.catch(() => {})
}
