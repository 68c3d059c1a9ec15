/**
 * An actor as a resource of a scope.
 *
 * Invariants:
 * - One message is handled at a time, in the order in which they were sent; never within a call of `send`.
 * - It is an owner with one member at most, the handling of the current message: a call of `close()` that comes from a handler is
 *   known as that handling's, and as no later message's.
 * - Its end begins once: from then on nothing is taken in. It is over when the handler has returned and the mailbox is empty, by
 *   handling or, when time is up, by discarding. What was not handled is told: as the failure of `stop()` or of the close, or as a
 *   detail of the refusal when the handler did not return.
 * - An actor that has ended holds no message and no timer.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OakumError } from '../../../errors/index.ts'
import { callers } from '../../callers.ts'
import type { CloseWindow } from '../../closing.ts'
import { Alarm } from '../../deadline.ts'
import { validateDelay } from '../../options.ts'
import { Owned, type Owner, type Phase } from '../../owned.ts'
import { CloseReason } from '../../reason.ts'
import type { Refusal } from '../../report.ts'
import { surfaceError, tellError } from '../../surface.ts'
import type { Actor, ActorCounts, ActorStopOptions } from './actor.ts'
import type { Envelope } from './envelope.ts'
import { Handling } from './handling.ts'
import { Inbox } from './inbox.ts'
import { normalizeActor, type ActorOptions } from './options.ts'
import { RestartIntensity } from './restart-intensity.ts'

/** So many messages are handled in one turn of the event loop at most: one that sends to itself starves nobody. */
const PER_TURN = 100

/** The part of a scope's joining that the draining may take; the rest is for a handler to hear that it shall stop. */
const DRAIN_SHARE = 0.9

export class ActorResource<M, R> extends Owned implements Owner {
  readonly #handler: (message: M, signal: AbortSignal) => R | PromiseLike<R>
  readonly #options: Required<ActorOptions>
  readonly #inbox: Inbox<M, R>
  readonly #restarts: RestartIntensity
  /** Handlers run in the context in which the actor was made, and not in that of whoever happened to wake it. */
  readonly #inContext = AsyncLocalStorage.snapshot()
  #running = false
  #current: Handling | undefined = undefined
  #handled = 0
  #failed = 0
  /** Why it ends; set from the moment that its end begins. */
  #end: CloseReason | undefined = undefined
  readonly #alarm = new Alarm(() => this.#expire())
  /** When the draining is over, by `performance.now()`. */
  #until = Infinity
  #isTimeUp = false
  #unhandled = 0
  /** ACTOR_FAILED. */
  #failure: OakumError | undefined = undefined
  /** For those who called `stop()`. */
  #stopped: PromiseWithResolvers<void> | undefined = undefined
  /** The scope's close did not wait for it. */
  #isPassed = false
  /** The scope's close has told of it in its report. */
  #isReported = false

  constructor(handler: (message: M, signal: AbortSignal) => R | PromiseLike<R>, options: ActorOptions) {
    super()
    this.#handler = handler
    this.#options = normalizeActor(options)
    this.#inbox = new Inbox(this, this.#options)
    this.#restarts = new RestartIntensity(this.#options.maxRestarts, this.#options.restartPeriod)
  }

  get kind(): string {
    return 'actor'
  }

  get name(): string {
    return this.#options.name
  }

  override get phase(): Phase {
    return 'join'
  }

  override get subject(): unknown {
    return this.actor
  }

  /** What the user gets. */
  readonly actor: Actor<M, R> = this.#facade()

  override cancel(reason: CloseReason): void {
    this.#begin(reason, this.#options.drain)
  }

  override closeWithin({ soft }: CloseWindow): void {
    if (this.#end === undefined) return
    const { startedAt } = this.#end
    this.#expireAt(startedAt + (soft - startedAt) * DRAIN_SHARE)
  }

  override giveUp(): void {
    this.#expire()
    this.#isReported = true
  }

  override release(): Promise<void> {
    return this.#stop()
  }

  override refusals(): Refusal[] {
    const refusal = this.refusal()
    return [this.#unhandled === 0 ? refusal : { ...refusal, detail: `${this.#unhandled} messages unhandled` }]
  }

  /** Its handler waits for the very close that would wait for it. */
  override isExcusedFrom(scope: Owner): boolean {
    return this.#current?.isExcusedFrom(scope) === true
  }

  // As an owner it stands between its scope and the handling of a message, and has nothing to add.

  readonly settings = undefined
  readonly stacks = false
  readonly closing = undefined

  get reason(): CloseReason | undefined {
    return this.owner?.reason
  }

  unlink(): void {}
  left(): void {}
  pass(): void {}

  // For its inbox.

  get closedBy(): OakumError | undefined {
    return this.#end?.error
  }

  get isOwnCode(): boolean {
    return this.#current !== undefined && callers().includes(this.#current)
  }

  wake(): void {
    if (this.#running) return
    this.#running = true
    this.#inContext(() => queueMicrotask(() => void this.#run())) // no part of somebody's `send`
  }

  async #run(): Promise<void> {
    for (let n = 1, next = this.#inbox.take(); next !== undefined; n++, next = this.#inbox.take()) {
      await this.#handle(next)
      if (n % PER_TURN === 0) await nextTurn()
    }
    this.#running = false
    if (this.#end !== undefined) this.#over()
  }

  async #handle(envelope: Envelope<M, R>): Promise<void> {
    const handling = new Handling(this)
    this.#current = handling
    try {
      const value = await envelope.run(() => handling.run(this.#handler, envelope.message))
      this.#handled++
      envelope.reply?.resolve(value)
    } catch (error) {
      envelope.reply?.reject(error)
      if (this.#isTimeUp && this.#end?.explains(error) === true) this.#unhandled++
      else this.#handlerFailed(error, envelope.reply !== undefined)
    }
    if (this.owner !== undefined && handling.isExcusedFrom(this.owner)) {
      // The scope did not wait, and has run its finalizers: what comes now would find nothing.
      this.#isPassed = true
      this.#unhandled += this.#inbox.discard()
    }
    this.#current = undefined
    handling.end()
  }

  #handlerFailed(error: unknown, asked: boolean): void {
    this.#failed++
    if (asked) tellError(this.owner, this, error)
    else surfaceError(this.owner, this, error)
    if (!this.#restarts.isExceeded()) return
    const { maxRestarts, restartPeriod } = this.#options
    const { path } = this
    const message = `Actor ${path} failed more than ${maxRestarts} times within ${restartPeriod} ms.`
    const unhandled = this.#inbox.queued
    this.#failure = new OakumError('ACTOR_FAILED', message, { cause: error, facts: { path, unhandled } })
    this.#begin(new CloseReason(this.#failure, this), 0)
  }

  #stop({ drain = this.#options.drain }: ActorStopOptions = {}): Promise<void> {
    validateDelay('drain', drain)
    const isOver = this.#end !== undefined && !this.#running
    if (isOver) return this.#stopped?.promise ?? Promise.resolve()
    const { isOwnCode } = this
    if (!isOwnCode) this.#stopped ??= Promise.withResolvers()
    if (this.#end === undefined) {
      const reason = new OakumError('ACTOR_STOPPED', `Actor ${this.path} was told to stop.`)
      this.#begin(new CloseReason(reason, this), drain)
    } else this.#expireAt(performance.now() + drain)
    return isOwnCode || this.#stopped === undefined ? Promise.resolve() : this.#stopped.promise
  }

  /** Takes nothing in from now on, and ends when what is there has been handled, or time is up. */
  #begin(reason: CloseReason, drain: number): void {
    const hasBegun = this.#end !== undefined
    this.#end = reason
    if (!hasBegun) this.#inbox.close()
    if (this.#running) this.#expireAt(performance.now() + drain)
    else if (!hasBegun) this.#over()
  }

  #expireAt(at: number): void {
    if (this.#isTimeUp || !this.#running) return
    this.#until = Math.min(this.#until, at)
    if (this.#until <= performance.now()) this.#expire()
    else this.#alarm.set(this.#until)
  }

  /** Time is up: nothing more is handled, and the handler is told to stop. */
  #expire(): void {
    if (this.#isTimeUp || this.#end === undefined) return
    this.#isTimeUp = true
    this.#alarm.clear()
    this.#unhandled += this.#inbox.discard()
    this.#current?.cancel(this.#end)
  }

  /** Nothing of it is alive any more. */
  #over(): void {
    this.#alarm.clear()
    const { owner } = this
    const error = this.#failure ?? this.#notDrained()
    if (error === undefined) this.#stopped?.resolve()
    else this.#stopped?.reject(error)
    if (error === undefined || this.#stopped !== undefined || this.#isReported) this.leave()
    else if (owner === undefined || this.#isPassed) {
      this.leave()
      surfaceError(owner, this, error)
    } else this.leave({ error })
  }

  #notDrained(): OakumError | undefined {
    if (this.#unhandled === 0) return undefined
    const { path } = this
    const unhandled = this.#unhandled
    return new OakumError('ACTOR_NOT_DRAINED', `Actor ${path} left ${unhandled} messages unhandled.`, {
      facts: { path, unhandled },
    })
  }

  #facade(): Actor<M, R> {
    const counts = (): ActorCounts => {
      const { queued, waiting, dropped } = this.#inbox
      return { queued, waiting, handled: this.#handled, failed: this.#failed, dropped }
    }
    return {
      get counts() {
        return counts()
      },
      send: (message, options = {}) => this.#inbox.send(message, options),
      ask: (message, options = {}) => this.#inbox.ask(message, options),
      stop: options => this.#stop(options),
      [Symbol.asyncDispose]: () => this.#stop(),
    }
  }
}
