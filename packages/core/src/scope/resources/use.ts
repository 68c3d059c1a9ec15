import { OakumError } from '../../errors/index.ts'
import { Owned } from '../owned.ts'

/** An object that knows how to end itself. */
export class UseResource extends Owned {
  readonly #value: AsyncDisposable | Disposable

  constructor(value: AsyncDisposable | Disposable) {
    super()
    if (!isDisposable(value)) {
      throw new OakumError(
        'INVALID_OPTION',
        'use() needs an object with [Symbol.asyncDispose]() or [Symbol.dispose]().',
      )
    }
    this.#value = value
  }

  get kind(): string {
    return 'use'
  }

  get name(): string {
    return this.#value.constructor?.name ?? ''
  }

  override get onlyFinalizes(): boolean {
    return true
  }

  override get subject(): unknown {
    return this.#value
  }

  override dispose(): unknown {
    const value = this.#value
    return Symbol.asyncDispose in value ? value[Symbol.asyncDispose]() : value[Symbol.dispose]()
  }
}

function isDisposable(value: unknown): value is AsyncDisposable | Disposable {
  return typeof value === 'object' && value !== null && (Symbol.asyncDispose in value || Symbol.dispose in value)
}
