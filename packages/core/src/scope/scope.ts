import { OakumError } from '../errors/index.ts'
import { type ScopeOptions, type Settings, validateScope } from './options.ts'
import { describeRefused, ScopeCloseError, type CloseReport } from './report.ts'
import { DeferResource } from './resources/defer.ts'
import { TaskResource } from './resources/task.ts'
import { UseResource } from './resources/use.ts'
import { ScopeNode } from './scope-node.ts'
import type { ScopeSnapshot } from './snapshot.ts'

/** Undoes just one resource, ahead of its scope. Idempotent; settles when it is gone, rejects with what the release threw. */
export type Release = () => Promise<void>

/**
 * Owns whatever is started in its name, and ends all of it.
 *
 * Closing has three phases: everything below is told to end at once; tasks and child scopes are waited for; finalizers run,
 * last in, first out. Every release is tried, a deadline bounds the whole, and the report names what refused to go.
 * From the moment that closing begins a scope owns nothing new: each verb then throws `SCOPE_CLOSED`, and what was to be
 * handed over is still the caller's to end.
 *
 * What is released early, or ends by itself, leaves nothing behind: a scope may live for months.
 *
 * @example
 * ```ts
 * await using scope = new Scope('coder-1')
 * scope.defer(() => rm(directory, { recursive: true }))
 * const answer = await scope.task('ask', (signal) => fetch(url, { signal }))
 * ```
 */
export class Scope implements AsyncDisposable {
  readonly #node: ScopeNode

  /** Throws INVALID_OPTION. The scope is a root: nobody closes it but its creator. */
  constructor(name: string, options?: ScopeOptions) {
    validateScope(name, options)
    this.#node = new ScopeNode(name, settingsOf(options), options?.stacks === true)
  }

  get name(): string {
    return this.#node.name
  }

  /** The names from the root scope to this one, as `coder-1/child`. */
  get path(): string {
    return this.#node.path
  }

  /**
   * Aborted when closing begins, with an `OakumError` (`SCOPE_CLOSED`, its cause the reason that `close` was given; an
   * `OakumError` given as the reason is passed on as it is). Made when first asked for.
   */
  get signal(): AbortSignal {
    return this.#node.signal
  }

  /** Calls a function when the scope closes, and awaits what it returns. */
  defer(fn: () => unknown): Release {
    const resource = this.#node.adopt(new DeferResource(fn))
    return () => resource.release()
  }

  /** Disposes of an object when the scope closes: by `[Symbol.asyncDispose]` if it has it, else by `[Symbol.dispose]`. */
  use(disposable: AsyncDisposable | Disposable): Release {
    const resource = this.#node.adopt(new UseResource(disposable))
    return () => resource.release()
  }

  /**
   * Starts work that the scope owns: when it closes, the signal is aborted and the work awaited.
   *
   * The promise is the caller's. It rejects with what the work threw; `onError`, where there is one, is told as well, and
   * the rejection then needs no handler. To reject with the abort reason while the scope closes is a normal end.
   *
   * Work that declares no parameter (`work.length` is 0) gets no signal: making one is most of what a task costs.
   */
  task<T>(name: string, work: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
    let resource: TaskResource<T>
    try {
      resource = this.#node.adopt(new TaskResource<T>(name))
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passes on what adopting threw
      return Promise.reject(error)
    }
    return resource.run(work)
  }

  /** Opens a scope below this one, which closes before this one's finalizers run, and at the same time as its siblings. */
  child(name: string, options?: ScopeOptions): Scope {
    const child = new Scope(name, options)
    child.#node.stacks = options?.stacks ?? this.#node.stacks
    this.#node.adopt(child.#node)
    return child
  }

  /** What is owned now, as a tree of plain values. */
  snapshot(): ScopeSnapshot {
    return this.#node.snapshot()
  }

  /**
   * Ends everything, waits until it is gone, and tells what refused. Takes `closeTimeout` at most.
   *
   * Rejects with a {@link ScopeCloseError} when a release threw; all were tried nevertheless. Idempotent: later calls get
   * the same promise. A call from code that the scope itself runs (a task, a timer, a listener, the synchronous part of a
   * finalizer) does not wait for that code, which would be waiting for itself; a call from anywhere else does.
   *
   * @param reason becomes the cause of the abort reason.
   */
  close(reason?: unknown): Promise<CloseReport> {
    return this.#node.close(reason)
  }

  /** Closes; throws a {@link ScopeCloseError} also when something refused to go, having no other way to tell. */
  async [Symbol.asyncDispose](): Promise<void> {
    const report = await this.close()
    if (report.refused.length === 0) return
    const { path } = this
    const message = `Refused to go: ${describeRefused(report.refused)}.`
    throw new ScopeCloseError(path, [new OakumError('RESOURCE_REFUSED', message, { facts: { path } })], report)
  }
}

function settingsOf(options: ScopeOptions | undefined): Settings | undefined {
  if (options === undefined) return undefined
  const { closeTimeout, onError, env } = options
  const settings: Settings = {}
  if (closeTimeout !== undefined) settings.closeTimeout = closeTimeout
  if (onError !== undefined) settings.onError = onError
  if (env !== undefined) settings.env = env
  return settings
}
