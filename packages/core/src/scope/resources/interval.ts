import type { Phase } from '../owned.ts'
import { callers } from '../callers.ts'
import { CallbackResource } from './callback.ts'

/** A function to be called again and again, but never while a call of it is in flight. */
export class IntervalResource extends CallbackResource {
  readonly #fn: () => unknown
  #timer: NodeJS.Timeout | undefined = undefined
  #stopped: PromiseWithResolvers<void> | undefined = undefined

  constructor(fn: () => unknown) {
    super()
    this.#fn = fn
  }

  get kind(): string {
    return 'interval'
  }

  get name(): string {
    return this.#fn.name
  }

  override get phase(): Phase {
    return 'join'
  }

  override get subject(): unknown {
    return this.#fn
  }

  start(milliseconds: number): void {
    this.#timer = setInterval(() => {
      if (!this.calling) this.call(this.#fn)
    }, milliseconds)
  }

  override cancel(): void {
    void this.release()
  }

  /** Settles when a call in flight has ended, unless it is that call which asks; what that throws goes to `onError`. */
  override release(): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopped = Promise.withResolvers()
      clearInterval(this.#timer)
      if (!this.calling) this.returned()
    }
    return callers().includes(this) ? Promise.resolve() : this.#stopped.promise
  }

  protected override returned(): void {
    if (this.#stopped === undefined) return
    this.#stopped.resolve()
    this.leave()
  }
}
