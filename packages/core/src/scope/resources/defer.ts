import { Owned } from '../owned.ts'

/** A function to be called at the end. */
export class DeferResource extends Owned {
  readonly #fn: () => unknown

  constructor(fn: () => unknown) {
    super()
    this.#fn = fn
  }

  get kind(): string {
    return 'defer'
  }

  get name(): string {
    return this.#fn.name
  }

  override get onlyFinalizes(): boolean {
    return true
  }

  override get subject(): unknown {
    return this.#fn
  }

  override dispose(): unknown {
    const fn = this.#fn
    return fn()
  }
}
