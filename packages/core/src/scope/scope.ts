import { OakumError } from '../errors/index.ts'
import {
  type ScopeCloseOptions,
  type OnDisown,
  type ScopeOptions,
  type Settings,
  validateDelay,
  validateScope,
} from './options.ts'
import { describeRefused, ScopeCloseError, type CloseReport } from './report.ts'
import type { OwnedProcess } from './owned-process.ts'
import type { Actor } from './resources/actor/actor.ts'
import { ActorResource } from './resources/actor/actor-resource.ts'
import type { ActorOptions } from './resources/actor/options.ts'
import { DeferResource } from './resources/defer.ts'
import { IntervalResource } from './resources/interval.ts'
import { IterationResource } from './resources/iteration.ts'
import { ListenerResource, type Emitter, type ListenOptions } from './resources/listener.ts'
import { PoolResource } from './resources/pool/pool-resource.ts'
import type { PoolOptions } from './resources/pool/options.ts'
import type { Pool } from './resources/pool/pool.ts'
import { ProcessResource } from './resources/process.ts'
import { TaskResource } from './resources/task.ts'
import { TimeoutResource } from './resources/timeout.ts'
import { UseResource } from './resources/use.ts'
import { ScopeNode } from './scope-node.ts'
import type { ScopeSnapshot } from './snapshot.ts'
import { tellDisowned } from './surface.ts'
import type { SpawnOptions } from './spawn-options.ts'

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
   * Calls a function once, after so many milliseconds, unless the scope closes first. Returns what calls it off.
   * What it throws goes to `onError`; what it returns is awaited by a close. Throws INVALID_OPTION.
   */
  timeout(fn: () => unknown, milliseconds: number): () => void {
    validateDelay('milliseconds', milliseconds)
    const resource = this.#node.adopt(new TimeoutResource(fn))
    resource.start(milliseconds)
    return () => resource.cancel()
  }

  /**
   * Calls a function every so many milliseconds, but never while its last call is in flight: such turns are left out.
   * What it throws goes to `onError`, and the next turn comes nevertheless. The release settles when a call in flight has
   * ended; asked by that very call it settles at once. Throws INVALID_OPTION.
   */
  interval(fn: () => unknown, milliseconds: number): Release {
    validateDelay('milliseconds', milliseconds)
    const resource = this.#node.adopt(new IntervalResource(fn))
    resource.start(milliseconds)
    return () => resource.release()
  }

  /**
   * Listens to an EventEmitter, EventTarget or AbortSignal until the scope's finalizers run. Returns what stops it.
   * What the listener throws goes to `onError`, not to the one who emits; what it returns is awaited by a close.
   */
  on(target: EventTarget, event: string, listener: (event: Event) => unknown, options?: ListenOptions): () => void
  on(
    target: Emitter,
    event: string | symbol,
    // oxlint-disable-next-line typescript/no-explicit-any -- an emitter's values have no types; Node's own say the same
    listener: (...values: any[]) => unknown,
    options?: ListenOptions,
  ): () => void
  on(
    target: Emitter | EventTarget,
    event: string | symbol,
    listener: (...values: never[]) => unknown,
    options?: ListenOptions,
  ): () => void {
    const resource = this.#node.adopt(new ListenerResource(target, event, listener, options?.once === true))
    resource.start()
    return () => void resource.release()
  }

  /**
   * Iterates until the scope closes: then a pending `next()` resolves as done, and the source's `return()` is called, once,
   * and awaited.
   */
  iterate<T>(source: AsyncIterable<T>): AsyncIterableIterator<T> {
    // Before the source is asked for its iterator, which may hold something from then on.
    if (this.#node.reason !== undefined) throw this.#node.refusalToAdopt()
    return this.#node.adopt(new IterationResource(source)).iterator
  }

  /** Lends values that are expensive to make; see {@link Pool}. Throws INVALID_OPTION. */
  pool<T>(options: PoolOptions<T>): Pool<T> {
    return this.#node.adopt(new PoolResource(options)).pool
  }

  /**
   * Starts an actor: messages that are sent to it wait in a bounded mailbox, and are handled one at a time; see {@link Actor}. When
   * the scope closes, nothing more is taken in, what is queued is handled while there is time, and what was not is told.
   *
   * A handler that declares no second parameter gets no signal, as with a task. A handler may close its own scope: the actor then
   * ends with that message. Throws INVALID_OPTION.
   */
  actor<M, R = void>(
    handler: (message: M, signal: AbortSignal) => R | PromiseLike<R>,
    options: ActorOptions = {},
  ): Actor<M, R> {
    return this.#node.adopt(new ActorResource(handler, options)).actor
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

  /**
   * Starts a program that the scope owns with all that it starts in turn. When the scope closes, the whole tree gets SIGTERM,
   * after the grace SIGKILL, and the close waits until it is gone. See `docs/processes.md` for what can escape.
   *
   * Throws COMMAND_NOT_FOUND, PROCESS_NOT_STARTED or INVALID_OPTION, and owns nothing then.
   *
   * @example
   * ```ts
   * const build = scope.spawn('npm', ['run', 'build'], { stdio: 'inherit' })
   * const { code } = await build.exited
   * ```
   */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): OwnedProcess {
    if (this.#node.reason !== undefined) throw this.#node.refusalToAdopt()
    return this.#node.adopt(new ProcessResource(command, args, options, this.#node.environment())).handle
  }

  /** Opens a scope below this one, which closes before this one's finalizers run, and at the same time as its siblings. */
  child(name: string, options?: ScopeOptions): Scope {
    const child = new Scope(name, options)
    child.#node.stacks = options?.stacks ?? this.#node.stacks
    this.#node.adopt(child.#node)
    return child
  }

  /**
   * Gives up something that a verb adopted: what was passed to `defer`, `use`, `timeout`, `interval` or `on`, or what
   * `task`, `iterate`, `pool`, `actor`, `spawn` or `child` returned. It lives on, and is the caller's to end; its release does nothing any
   * more. Returns it. Throws INVALID_OPTION when this scope does not own it.
   */
  disown<R>(resource: R): R {
    const sought: unknown = resource instanceof Scope ? resource.#node : resource
    const member = this.#node.memberOf(sought)
    if (member === undefined) {
      throw new OakumError('INVALID_OPTION', `Scope ${this.path} does not own that.`, { facts: { path: this.path } })
    }
    const { path, kind, name } = member
    this.#node.drop(member)
    tellDisowned(this.#node, resource, { path, kind, name })
    return resource
  }

  /** Is told of whatever this scope or a descendant disowns from now on. Returns what ends that. */
  onDisown(listener: OnDisown): () => void {
    const listeners = (this.#node.ownSettings().onDisown ??= new Set())
    // A wrapper of its own, so that the same function can be registered twice and each return undoes its own.
    const entry: OnDisown = (resource, context) => listener(resource, context)
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }

  /**
   * Environment variables for every process that this scope or a descendant spawns. Reading gives those of the ancestors
   * as well, the nearest winning; setting replaces this scope's own, for processes spawned from then on.
   */
  get env(): Readonly<Record<string, string>> {
    return this.#node.environment()
  }

  set env(env: Readonly<Record<string, string>>) {
    this.#node.ownSettings().env = env
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
   * @param options may bound this close otherwise than `closeTimeout` does; a later call can only shorten it. Throws INVALID_OPTION.
   */
  close(reason?: unknown, options?: ScopeCloseOptions): Promise<CloseReport> {
    if (options?.timeout !== undefined) validateDelay('timeout', options.timeout)
    return this.#node.close(reason, options?.timeout)
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
