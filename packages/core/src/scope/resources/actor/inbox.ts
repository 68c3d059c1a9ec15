/**
 * How messages come in: what `send` and `ask` do before a message is handled.
 *
 * Invariants:
 * - A message is in the mailbox, or its sender knows that it is not, when `send` has settled.
 * - The handler never waits for room that only itself could make, nor for an answer of its own.
 */
import { OakumError, throwIfAborted } from '../../../errors/index.ts'
import { validateDelay } from '../../options.ts'
import type { SendOptions } from './actor.ts'
import { Envelope } from './envelope.ts'
import { Mailbox } from './mailbox.ts'
import type { ActorOptions } from './options.ts'

/** What an inbox has to know of its actor. */
export interface InboxActor {
  readonly path: string
  /** Why it takes nothing in; undefined while it does. */
  readonly closedBy: OakumError | undefined
  /** Whether the handler itself calls, in the handling of the current message. */
  readonly isOwnCode: boolean
  /** A message has come. */
  wake(): void
}

export class Inbox<M, R> {
  readonly #actor: InboxActor
  readonly #options: Required<ActorOptions>
  readonly #mailbox: Mailbox<Envelope<M, R>>
  /** Messages that were dropped because the mailbox was full. */
  dropped = 0

  constructor(actor: InboxActor, options: Required<ActorOptions>) {
    this.#actor = actor
    this.#options = options
    this.#mailbox = new Mailbox(
      options.mailbox,
      options.overflow,
      ({ admission }) => admission?.resolve(),
      oldest => this.#drop(oldest),
    )
  }

  get queued(): number {
    return this.#mailbox.queued
  }

  get waiting(): number {
    return this.#mailbox.waiting
  }

  async send(message: M, options: SendOptions): Promise<void> {
    this.#assertOpen(options)
    const envelope = new Envelope<M, R>(message)
    const placement = this.#mailbox.put(envelope)
    if (placement === 'queued') this.#actor.wake()
    else if (placement === 'waiting') await this.#waitForRoom(envelope, options)
    else if (this.#options.overflow === 'drop-newest') this.#drop(envelope)
    else throw this.#fullError()
  }

  async ask(message: M, options: SendOptions): Promise<R> {
    this.#assertOpen(options)
    const { path, isOwnCode } = this.#actor
    if (isOwnCode) throw new OakumError('INVALID_OPTION', `Actor ${path} asks itself, and would wait for itself.`)
    const envelope = new Envelope<M, R>(message)
    const reply = envelope.expectReply(options, it => this.#mailbox.withdraw(it))
    const placement = this.#mailbox.put(envelope)
    if (placement === 'queued') this.#actor.wake()
    else if (placement === 'refused') this.#drop(envelope)
    return await reply
  }

  /** The next message to handle. */
  take(): Envelope<M, R> | undefined {
    return this.#mailbox.take()
  }

  /** Nobody waits for room any more. */
  close(): void {
    for (const envelope of this.#mailbox.takeWaiting()) envelope.reject(this.#closedError())
  }

  /** Empties the mailbox, and tells how many messages were in it. */
  discard(): number {
    const unhandled = this.#mailbox.takeQueued()
    for (const envelope of unhandled) envelope.reject(this.#closedError())
    return unhandled.length
  }

  #assertOpen({ signal, timeout }: SendOptions): void {
    throwIfAborted(signal)
    if (timeout !== undefined) validateDelay('timeout', timeout)
    if (this.#actor.closedBy !== undefined) throw this.#closedError()
  }

  async #waitForRoom(envelope: Envelope<M, R>, options: SendOptions): Promise<void> {
    const withdraw = (): void => this.#mailbox.withdraw(envelope)
    if (this.#actor.isOwnCode) {
      withdraw()
      throw this.#fullError()
    }
    await envelope.expectAdmission(options, withdraw)
  }

  #drop(envelope: Envelope<M, R>): void {
    if (this.#options.overflow !== 'reject') this.dropped++
    envelope.reject(this.#fullError())
  }

  #closedError(): OakumError {
    const { path, closedBy: cause } = this.#actor
    return new OakumError('ACTOR_STOPPED', `Actor ${path} takes no messages any more.`, { cause, facts: { path } })
  }

  #fullError(): OakumError {
    const { path } = this.#actor
    const { mailbox } = this.#options
    return new OakumError('MAILBOX_FULL', `${mailbox} messages wait for actor ${path}.`, { facts: { path, mailbox } })
  }
}
