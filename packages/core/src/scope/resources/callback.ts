import { runAs } from '../callers.ts'
import { Owned, isThenable } from '../owned.ts'
import { surfaceError } from '../surface.ts'

/**
 * A resource that calls the user's function now and then, with nobody there to receive what it throws.
 * What the function returns is followed: the resource is not gone while a call is in flight.
 */
export abstract class CallbackResource extends Owned {
  /** Calls in flight. */
  #calls = 0

  protected get calling(): boolean {
    return this.#calls > 0
  }

  /** A call is over; `calling` tells whether there are others. */
  protected abstract returned(): void

  protected call(fn: () => unknown): void {
    this.#calls++
    let result: unknown
    try {
      result = runAs(this, fn)
    } catch (error) {
      this.#failed(error)
      return
    }
    if (isThenable(result)) this.#follow(result)
    else this.#ended()
  }

  #follow(result: PromiseLike<unknown>): void {
    result.then(
      () => this.#ended(),
      (error: unknown) => this.#failed(error),
    )
  }

  #failed(error: unknown): void {
    // To fail because of the abort is the normal end of a call while the scope closes.
    if (this.owner?.reason?.explains(error) !== true) surfaceError(this.owner, this, error)
    this.#ended()
  }

  #ended(): void {
    this.#calls--
    this.returned()
  }
}
