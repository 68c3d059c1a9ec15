import { inspect } from 'node:util'
import { OakumError } from '../errors/index.ts'

/** Milliseconds that a close may take when nobody says otherwise. */
export const DEFAULT_CLOSE_TIMEOUT = 30_000

/** The longest delay that Node's timers know; they fire a longer one at once. */
const LONGEST_DELAY = 2_147_483_647

/** Which resource it is about. */
export interface ResourceContext {
  /** From the root scope's name to the resource's, as `coder-1/child/x`. */
  readonly path: string
  readonly kind: string
  readonly name: string
}

/** Told of an error that no caller is there to receive. What it throws becomes an uncaught exception. */
export type OnError = (error: unknown, context: ResourceContext) => void

/** Told that a scope gave up a resource. */
export type OnDisown = (resource: unknown, context: ResourceContext) => void

/** Options of a scope. What is left out is taken from the nearest ancestor that has it. */
export interface ScopeOptions {
  /**
   * Milliseconds that `close()` may take before it reports what refuses; 0 to 2147483647. A parent's close bounds that of
   * its children.
   * @default 30_000
   */
  closeTimeout?: number
  /**
   * Told of errors of timers, intervals, listeners and tasks. Where neither the scope nor an ancestor has one, these
   * surface as an uncaught exception, those of tasks as an unhandled rejection.
   */
  onError?: OnError
  /**
   * Remembers where each resource was created, for `snapshot()` and for reports; some microseconds and about a kilobyte each.
   * Taken over from the parent when the scope is created.
   * @default false
   */
  stacks?: boolean
  /** Environment variables for every process that the scope or a descendant spawns. */
  env?: Readonly<Record<string, string>>
}

/** How one close is done. */
export interface ScopeCloseOptions {
  /** Milliseconds that it may take; 0 to 2147483647. @default the scope's `closeTimeout` */
  timeout?: number
}

/** What one scope was given itself; what it was not, its ancestors are asked for. */
export interface Settings {
  closeTimeout?: number
  onError?: OnError
  env?: Readonly<Record<string, string>>
  onDisown?: Set<OnDisown>
}

/** Throws INVALID_OPTION. */
export function validateScope(name: string, options: ScopeOptions | undefined): void {
  if (typeof name !== 'string' || name === '') {
    throw new OakumError('INVALID_OPTION', 'A scope needs a name: a string that is not empty.')
  }
  if (options?.closeTimeout !== undefined) validateDelay('closeTimeout', options.closeTimeout)
}

/** Throws INVALID_OPTION unless a timer can wait for so many milliseconds. */
export function validateDelay(option: string, milliseconds: number): void {
  if (typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds <= LONGEST_DELAY) return
  throw new OakumError(
    'INVALID_OPTION',
    `${option} must be 0 to ${LONGEST_DELAY} milliseconds, not ${inspect(milliseconds)}.`,
  )
}
