/**
 * The node behind a scope: the list of what it owns, and where it stands.
 *
 * Invariants:
 * - The list holds everything that is alive; who ends leaves it. Only `newest` is kept: closing goes from there.
 * - `reason` is set from the moment that closing begins, and never unset: from then on nothing is adopted.
 * - A scope leaves its parent when it is closed and its list is empty; one with something that refused to go stays there,
 *   visible in snapshots, until that is gone.
 *
 * Methods are private by keyword, since a private name of a method costs each instance a field.
 */
import { performance } from 'node:perf_hooks'
import { OakumError } from '../errors/index.ts'
import { callers } from './callers.ts'
import { Closing, finalizeAtOnce, type CloseWindow, type Tally } from './closing.ts'
import { DEFAULT_CLOSE_TIMEOUT, type Settings } from './options.ts'
import { Owned, type Failure, type Owner, type Phase } from './owned.ts'
import { CloseReason } from './reason.ts'
import { ScopeCloseError, type CloseReport, type Refusal } from './report.ts'
import type { ScopeSnapshot } from './snapshot.ts'
import { captureStack, setStack } from './stacks.ts'
import { surfaceError } from './surface.ts'

export class ScopeNode extends Owned implements Owner {
  readonly #name: string
  /** The member adopted last. */
  newest: Owned | undefined = undefined
  /** Nothing but plain finalizers was ever adopted: closing needs no cancelling and no joining. */
  quiet = true
  stacks: boolean
  settings: Settings | undefined
  reason: CloseReason | undefined = undefined
  closing: Closing | undefined = undefined
  #closed: Promise<CloseReport> | undefined = undefined
  #controller: AbortController | undefined = undefined

  constructor(name: string, settings: Settings | undefined, stacks: boolean) {
    super()
    this.#name = name
    this.settings = settings
    this.stacks = stacks
  }

  get kind(): 'scope' {
    return 'scope'
  }

  get name(): string {
    return this.#name
  }

  override get phase(): Phase {
    return 'join'
  }

  /** Aborted when closing begins. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.reason !== undefined) this.#controller.abort(this.reason.error)
    }
    return this.#controller.signal
  }

  get state(): ScopeSnapshot['state'] {
    if (this.reason === undefined) return 'open'
    return this.closing?.ended === false ? 'closing' : 'closed'
  }

  /** Adopts a member and returns it. Throws SCOPE_CLOSED once closing has begun; the caller then still owns it. */
  adopt<M extends Owned>(member: M): M {
    if (this.reason !== undefined) throw this.refusalToAdopt()
    const newest = this.newest
    member.owner = this
    member.previous = newest
    if (newest !== undefined) newest.next = member
    this.newest = member
    if (!member.onlyFinalizes) this.quiet = false
    if (this.stacks) setStack(member, captureStack())
    return member
  }

  refusalToAdopt(): OakumError {
    const { path } = this
    return new OakumError('SCOPE_CLOSED', `Scope ${path} is closing or closed and owns nothing new.`, {
      facts: { path },
    })
  }

  unlink(member: Owned): void {
    this.closing?.passBy(member)
    const { previous, next } = member
    if (previous !== undefined) previous.next = next
    if (next === undefined) this.newest = previous
    else next.previous = previous
    member.owner = undefined
    member.previous = undefined
    member.next = undefined
  }

  /** Gives up a member that is still alive. */
  drop(member: Owned): void {
    this.unlink(member)
    member.disowned()
    this.closing?.dropped(member)
  }

  left(member: Owned, failure: Failure | undefined): void {
    const { closing } = this
    if (closing !== undefined && !closing.ended) closing.left(member, failure)
    else if (failure !== undefined) surfaceError(this, member, failure.error)
    if (closing?.ended === true && this.newest === undefined) this.leave()
  }

  pass(member: Owned): void {
    this.closing?.pass(member)
  }

  /** Whether nothing is left but what is excused, or has refused for good. */
  allExcused(scope: Owner = this): boolean {
    for (let member = this.newest; member !== undefined; member = member.previous) {
      if (!member.hasRefused && !member.isExcusedFrom(scope)) return false
    }
    return true
  }

  /** Whether nothing is left but what has refused for good. */
  allRefused(): boolean {
    for (let member = this.newest; member !== undefined; member = member.previous) {
      if (!member.hasRefused) return false
    }
    return true
  }

  override get hasRefused(): boolean {
    return this.closing?.ended === true && this.allRefused()
  }

  override isExcusedFrom(scope: Owner): boolean {
    return this.closing?.waiting === true && this.allExcused(scope)
  }

  /** Closes and tells how it went; see `Scope.close`. */
  close(given: unknown, timeout?: number): Promise<CloseReport> {
    if (this.#closed === undefined && this.closing === undefined) this.begin(given, timeout)
    else if (timeout !== undefined) this.closing?.endWithin(timeout)
    const { closing } = this
    if (closing === undefined) return this.#closed ?? NOTHING_LEFT
    if (closing.ended) return closing.promise
    const who = callers()
    return who.length === 0 ? closing.promise : closing.promiseFor(who)
  }

  override cancel(reason: CloseReason): void {
    if (this.reason !== undefined) return
    this.reason = reason
    this.#controller?.abort(reason.error)
    if (!this.quiet) this.closingFor(reason).visit(member => member.cancel(reason))
  }

  override closeWithin(window: CloseWindow): void {
    if (this.closing === undefined && finalizeAtOnce(this, window.tally) && this.closing === undefined) this.leave()
    else if (this.reason !== undefined) this.closingFor(this.reason).run(window)
  }

  override giveUp(): void {
    this.closing?.giveUp()
  }

  /** Its close has ended. */
  closed(closing: Closing): void {
    this.owner?.closing?.absorb(closing)
    if (this.newest === undefined) this.leave()
    else this.owner?.pass(this)
  }

  /** The nearest value of a setting, its own first. */
  setting<K extends keyof Settings>(key: K): Settings[K] | undefined {
    let value = this.settings?.[key]
    for (let { owner } = this; value === undefined && owner !== undefined; owner = owner.owner)
      value = owner.settings?.[key]
    return value
  }

  /** Its own settings, to be changed. */
  ownSettings(): Settings {
    this.settings ??= {}
    return this.settings
  }

  /** The variables of its ancestors and its own, the nearest winning. */
  environment(): Record<string, string> {
    const layers = [this.settings?.env]
    for (let { owner } = this; owner !== undefined; owner = owner.owner) layers.push(owner.settings?.env)
    return Object.fromEntries(layers.toReversed().flatMap(env => Object.entries(env ?? {})))
  }

  /** The member that is known by that. */
  memberOf(subject: unknown): Owned | undefined {
    let member = this.newest
    while (member !== undefined && member.subject !== subject) member = member.previous
    return member
  }

  override get subject(): unknown {
    return this
  }

  override refusals(): Refusal[] {
    return this.newest === undefined ? [] : this.members().flatMap(member => member.refusals())
  }

  /** Those of the members that have refused for good. */
  refusedForGood(): Refusal[] {
    return this.members().flatMap(member => (member.hasRefused ? member.refusals() : []))
  }

  override snapshot(): ScopeSnapshot {
    const { kind, state } = this
    return { ...super.snapshot(), kind, state, resources: this.members().map(member => member.snapshot()) }
  }

  /** The oldest first. */
  members(): Owned[] {
    const members: Owned[] = []
    for (let member = this.newest; member !== undefined; member = member.previous) members.push(member)
    return members.toReversed()
  }

  private begin(given: unknown, timeout: number | undefined): void {
    if (this.reason !== undefined) {
      // An owner's close is on its way here, or this call comes from within this very close: it needs only be known.
      if (this.owner === undefined && this.newest === undefined) return
      const closing = this.closingFor(this.reason)
      if (timeout !== undefined) closing.endWithin(timeout)
      return
    }
    const reason = new CloseReason(given, this)
    this.reason = reason
    // Before the signal tells anybody, who may then close once more: this call says how long it may take.
    if (timeout !== undefined) this.closingFor(reason, timeout)
    this.#controller?.abort(reason.error)
    if (this.quiet) {
      const tally: Tally = { released: 0, errors: undefined }
      if (finalizeAtOnce(this, tally) && this.closing === undefined) {
        this.closedAtOnce(reason, tally)
        return
      }
      this.closingFor(reason).absorb(tally)
    } else {
      this.closingFor(reason).visit(member => member.cancel(reason))
    }
    const end = reason.startedAt + (timeout ?? this.setting('closeTimeout') ?? DEFAULT_CLOSE_TIMEOUT)
    const closing = this.closingFor(reason)
    closing.run({ soft: end, hard: end, tally: closing })
  }

  private closedAtOnce(reason: CloseReason, tally: Tally): void {
    const { released, errors } = tally
    const report: CloseReport = { released, refused: [], milliseconds: performance.now() - reason.startedAt }
    this.#closed =
      errors === undefined ? Promise.resolve(report) : Promise.reject(new ScopeCloseError(this.path, errors, report))
    this.owner?.closing?.absorb(tally)
    this.leave()
  }

  /** @param timeout in place of the scope's own */
  private closingFor(reason: CloseReason, timeout: number | undefined = this.settings?.closeTimeout): Closing {
    if (this.closing === undefined) {
      const end = reason.startedAt + (timeout ?? Infinity)
      this.closing = new Closing(this, reason.startedAt, end)
    }
    return this.closing
  }
}

const NOTHING_LEFT: Promise<CloseReport> = Promise.resolve({ released: 0, refused: [], milliseconds: 0 })
