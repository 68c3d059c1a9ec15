import type { Phase } from '../owned.ts'
import { CallbackResource } from './callback.ts'

/** A function to be called once, later. */
export class TimeoutResource extends CallbackResource {
  readonly #fn: () => unknown
  #timer: NodeJS.Timeout | undefined = undefined

  constructor(fn: () => unknown) {
    super()
    this.#fn = fn
  }

  get kind(): string {
    return 'timeout'
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
    this.#timer = setTimeout(() => this.call(this.#fn), milliseconds)
  }

  /** A call in flight goes on, and is waited for by a close. */
  override cancel(): void {
    clearTimeout(this.#timer)
    if (!this.calling) this.leave()
  }

  protected override returned(): void {
    this.leave()
  }
}
