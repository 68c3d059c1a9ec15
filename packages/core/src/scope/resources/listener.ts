import { OakumError } from '../../errors/index.ts'
import { CallbackResource } from './callback.ts'

/** What an `EventEmitter` has to have; structural, so that any library's will do. */
export interface Emitter {
  on(event: string | symbol, listener: (...values: unknown[]) => void): unknown
  off(event: string | symbol, listener: (...values: unknown[]) => void): unknown
}

/** Options of `Scope.on`. */
export interface ListenOptions {
  /** Listens to one event only. @default false */
  once?: boolean
}

/** A listener on an EventEmitter, EventTarget or AbortSignal. It stays until the finalizers, since a task may need it to end. */
export class ListenerResource extends CallbackResource {
  readonly #target: Emitter | EventTarget
  readonly #event: string | symbol
  readonly #listener: (...values: never[]) => unknown
  readonly #once: boolean
  #idle: PromiseWithResolvers<void> | undefined = undefined

  constructor(
    target: Emitter | EventTarget,
    event: string | symbol,
    listener: (...values: never[]) => unknown,
    once: boolean,
  ) {
    super()
    if (!isEventTarget(target) && !isEmitter(target)) {
      throw new OakumError('INVALID_OPTION', 'on() needs an EventEmitter, an EventTarget or an AbortSignal.')
    }
    this.#target = target
    this.#event = event
    this.#listener = listener
    this.#once = once
  }

  get kind(): string {
    return 'listener'
  }

  get name(): string {
    return typeof this.#event === 'symbol' ? (this.#event.description ?? '') : this.#event
  }

  override get onlyFinalizes(): boolean {
    return true
  }

  override get subject(): unknown {
    return this.#listener
  }

  start(): void {
    const target = this.#target
    if (isEventTarget(target)) target.addEventListener(String(this.#event), this.#heard)
    else target.on(this.#event, this.#heard)
  }

  /** Calls in flight are waited for. */
  override dispose(): Promise<void> | undefined {
    const target = this.#target
    if (isEventTarget(target)) target.removeEventListener(String(this.#event), this.#heard)
    else target.off(this.#event, this.#heard)
    if (!this.calling) return undefined
    this.#idle = Promise.withResolvers()
    return this.#idle.promise
  }

  protected override returned(): void {
    if (!this.calling) this.#idle?.resolve()
  }

  readonly #heard = (...values: unknown[]): void => {
    this.call(() => Reflect.apply(this.#listener, this.#target, values))
    if (this.#once) void this.release()
  }
}

function isEventTarget(target: Emitter | EventTarget): target is EventTarget {
  return 'addEventListener' in target
}

function isEmitter(target: object): target is Emitter {
  return 'on' in target && 'off' in target
}
