// Imported, since the global of that name is looked up by a getter at each use: a third of what the reading itself costs.
import { performance } from 'node:perf_hooks'
import { OakumError } from '../errors/index.ts'

/** Why a scope closes: one per close, shared by the whole subtree. */
export class CloseReason {
  readonly #given: unknown
  readonly #scope: { readonly path: string }
  /** By `performance.now()`. */
  readonly startedAt: number = performance.now()
  #error: OakumError | undefined = undefined

  constructor(given: unknown, scope: { readonly path: string }) {
    this.#given = given
    this.#scope = scope
  }

  /** What signals are aborted with. Made when the first signal needs it: an error with its stack costs microseconds. */
  get error(): OakumError {
    this.#error ??= toError(this.#given, this.#scope.path)
    return this.#error
  }

  /** Whether a rejection only passes on that the work was aborted. */
  explains(error: unknown): boolean {
    if (error === this.#error) return true
    if (typeof error !== 'object' || error === null) return false
    if ('cause' in error && error.cause !== undefined && error.cause === this.#error) return true
    return 'name' in error && error.name === 'AbortError'
  }
}

function toError(given: unknown, path: string): OakumError {
  if (given instanceof OakumError) return given
  const facts = { path }
  return new OakumError(
    'SCOPE_CLOSED',
    `Scope ${path} is closing.`,
    given === undefined ? { facts } : { cause: given, facts },
  )
}
