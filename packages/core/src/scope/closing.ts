/**
 * The protocol by which a scope closes. Events drive it (a member left, time is up); it makes no promise of its own.
 *
 * 1. cancel: the whole subtree, top-down and at once, is told to end: signals abort, timers stop, streams are ended.
 * 2. join: tasks and child scopes are waited for, for half of the time at most; children close at the same time.
 * 3. finalize: finalizers run, last in, first out, each awaited. One that hangs is left behind after a quarter of the time
 *    that is left (the last one may use all of it), so that each is tried.
 * 4. wait: what was left behind is waited for until the deadline, or until nothing is left but what has refused for good;
 *    what is there then is reported as refused.
 *
 * The order of 2 and 3 is a preference, not a condition, since one may wait for the other: a task may need a finalizer to
 * wake it, which is why the joining has a limit.
 *
 * A child's window for the steps up to 3 ends with its parent's joining, so that its finalizers come before the parent's;
 * its deadline is the parent's. A parent at its deadline closes the book on all that is below it.
 *
 * Two points are told apart: *settled*, when only excused resources are left (see `excuses.ts`), and *gone*.
 */
import { performance } from 'node:perf_hooks'
import { isZombie, type ProcessNote } from '../process/index.ts'
import type { ScopeNode } from './scope-node.ts'
import { Alarm } from './deadline.ts'
import { excuse, forgetWait, noteWait } from './excuses.ts'
import { STARTED, type Failure, type Owned } from './owned.ts'
import { ScopeCloseError, type CloseReport, type Refusal } from './report.ts'

/** What a close has done so far. */
export interface Tally {
  released: number
  errors: unknown[] | undefined
  /** Processes that had ended, and were not collected then. */
  zombies?: readonly ProcessNote[] | undefined
}

/** The times by which a close should have tried everything (`soft`), and has to end (`hard`). */
export interface CloseWindow {
  readonly soft: number
  readonly hard: number
  /** Where a child counts what it does; its parent's closing. */
  readonly tally: Tally
}

/** The part of the time left that one hanging finalizer may use while others come after it. */
const SHARE = 1 / 4

type Step = 'cancel' | 'join' | 'finalize' | 'wait' | 'ended'

/** Runs the finalizers of a scope that has nothing else, for as long as they are synchronous. True when none is left. */
export function finalizeAtOnce(node: ScopeNode, tally: Tally): boolean {
  for (let member = node.newest; member !== undefined; member = node.newest) {
    if (member.ending !== undefined || !finalize(node, member, tally)) return false
  }
  return true
}

/** Runs one finalizer; false when it takes time. */
function finalize(node: ScopeNode, member: Owned, tally: Tally): boolean {
  try {
    if (!member.finalize()) return false
  } catch (error) {
    ;(tally.errors ??= []).push(error)
  }
  // It may have left already: disowned by its own release, say.
  if (member.owner !== node) return true
  node.unlink(member)
  tally.released++
  return true
}

/** One close of one scope that takes time. */
export class Closing implements Tally {
  readonly #node: ScopeNode
  readonly #startedAt: number
  readonly #alarm: Alarm
  #soft: number
  #hard: number
  #step: Step = 'cancel'
  /** The member that a walk over the list comes to next; moved on when that one leaves. */
  #cursor: Owned | undefined = undefined
  /** Members that are joined and neither gone nor passed. */
  #joining = 0
  /** The finalizer that is waited for. */
  #awaited: Owned | undefined = undefined
  /** Members that are not waited for, since they wait for this close, or have refused for good. */
  #passed: Set<Owned> | undefined = undefined
  /** When the current step, or the waiting for one finalizer, is broken off. */
  #until = Infinity
  #busy = false
  #waiters: Owned[] = []
  #gone: PromiseWithResolvers<CloseReport> | undefined = undefined
  #settled: PromiseWithResolvers<CloseReport> | undefined = undefined
  #milliseconds = 0
  released = 0
  errors: unknown[] | undefined = undefined
  zombies: readonly ProcessNote[] | undefined = undefined

  constructor(node: ScopeNode, startedAt: number, end: number) {
    this.#node = node
    this.#startedAt = startedAt
    this.#soft = end
    this.#hard = end
    this.#alarm = new Alarm(() => this.#timeIsUp())
  }

  get ended(): boolean {
    return this.#step === 'ended'
  }

  /** Whether everything was tried, and the close only waits for what was left behind. */
  get waiting(): boolean {
    return this.#step === 'wait'
  }

  /** For callers from outside: settles when everything is gone, or at the deadline. */
  get promise(): Promise<CloseReport> {
    if (this.#gone === undefined) {
      this.#gone = Promise.withResolvers()
      if (this.ended) this.#settle(this.#gone)
    }
    return this.#gone.promise
  }

  /** For callers that are code of resources: settles when nothing is left but such as wait for this close. */
  promiseFor(callers: readonly Owned[]): Promise<CloseReport> {
    if (this.ended) return this.promise
    this.#settled ??= Promise.withResolvers()
    this.#waiters.push(...callers)
    noteWait(callers, this.#node)
    const { promise } = this.#settled
    for (const { caller, from } of excuse(callers, this.#node)) {
      let member = caller
      while (member.owner !== undefined) {
        const owner = member.owner
        owner.pass(member)
        if (owner === from) break
        member = owner
      }
    }
    this.#settleIfExcused()
    return promise
  }

  /** First step: calls `visit` on every member, newest first, whatever leaves meanwhile. */
  visit(each: (member: Owned) => void): void {
    this.#cursor = this.#node.newest
    while (this.#cursor !== undefined) {
      const member: Owned = this.#cursor
      this.#cursor = member.previous
      each(member)
    }
  }

  /** A member is about to be unlinked. */
  passBy(member: Owned): void {
    if (this.#cursor === member) this.#cursor = member.previous
  }

  /** Second step and those after. A parent's close may come on top of one that runs already: the earlier times hold. */
  run(window?: CloseWindow): void {
    if (window !== undefined) {
      this.#soft = Math.min(this.#soft, window.soft)
      this.#hard = Math.min(this.#hard, window.hard)
    }
    if (this.#step === 'cancel') this.#join()
    else this.#tighten()
  }

  /** Has to end within so many milliseconds from now; earlier, if that was said before. */
  endWithin(timeout: number): void {
    const end = performance.now() + timeout
    this.#soft = Math.min(this.#soft, end)
    this.#hard = Math.min(this.#hard, end)
    if (this.#step !== 'cancel') this.#tighten()
  }

  /** A member has ended. */
  left(member: Owned, failure: Failure | undefined): void {
    this.released++
    if (failure !== undefined) (this.errors ??= []).push(failure.error)
    this.dropped(member)
  }

  /** A member is no longer in the list. */
  dropped(member: Owned): void {
    if (this.#passed?.delete(member) !== true) this.#release(member)
    this.#advance()
  }

  /** A member may have become one that need not be waited for. */
  pass(member: Owned): void {
    if (this.ended) return
    if (this.#passed?.has(member) !== true) {
      if (!this.#isExcused(member)) return
      this.#release(member)
    }
    this.#advance()
  }

  /** A child has ended its own close, and hands over what it did. */
  absorb({ released, errors, zombies }: Tally): void {
    if (this.ended) return
    this.released += released
    if (zombies !== undefined) this.zombies = [...(this.zombies ?? []), ...zombies]
    if (errors !== undefined) this.errors = [...(this.errors ?? []), ...errors]
  }

  /** An owner's deadline has come: what was not tried yet is tried, nothing is waited for. */
  giveUp(): void {
    if (this.ended) return
    this.#hard = 0
    this.#awaited = undefined
    this.#advance()
    if (!this.ended) this.#end()
  }

  #isExcused(member: Owned): boolean {
    if (!member.hasRefused && !member.isExcusedFrom(this.#node)) return false
    this.#passed ??= new Set()
    this.#passed.add(member)
    return true
  }

  #release(member: Owned): void {
    if (member === this.#awaited) this.#awaited = undefined
    else if (this.#step === 'join' && member.phase === 'join') this.#joining--
  }

  #join(): void {
    for (let member = this.#node.newest; member !== undefined; member = member.previous) {
      if (member.phase === 'join' && !this.#isExcused(member)) this.#joining++
    }
    this.#step = 'join'
    this.#until = this.#joinEnd()
    if (this.#joining > 0) {
      this.#busy = true
      const window = this.#windowOfChildren()
      this.visit(member => member.closeWithin(window))
      this.#busy = false
    }
    this.#advance()
  }

  #tighten(): void {
    if (this.ended) return
    if (this.#step === 'join') this.#until = this.#joinEnd()
    const window = this.#windowOfChildren()
    for (let member = this.#node.newest; member !== undefined; member = member.previous) member.closeWithin(window)
    if (!this.#busy) this.#rearm()
  }

  #windowOfChildren(): CloseWindow {
    return { soft: this.#joinEnd(), hard: this.#hard, tally: this }
  }

  #joinEnd(): number {
    return this.#startedAt + (this.#soft - this.#startedAt) / 2
  }

  /** Goes on as far as it can without waiting. */
  #advance(): void {
    if (this.#busy || this.ended || this.#step === 'cancel') return
    this.#busy = true
    if (this.#step === 'join' && (this.#joining <= 0 || this.#hard === 0)) {
      this.#step = 'finalize'
      this.#cursor = this.#node.newest
    }
    if (this.#step === 'finalize' && this.#finalizeAll()) {
      this.#step = 'wait'
      this.#until = Infinity
    }
    this.#busy = false
    if (this.#step === 'wait' && this.#node.allRefused()) {
      this.#end()
      return
    }
    this.#rearm()
    if (this.#step === 'wait') this.#settleIfExcused()
  }

  /** Runs finalizers until one is to be waited for; true when there is none left to run. */
  #finalizeAll(): boolean {
    while (this.#awaited === undefined) {
      const member = this.#cursor
      if (member === undefined) return true
      this.#cursor = member.previous
      if (member.phase !== 'finalize' || member.ending === STARTED) continue
      if (member.ending === undefined && finalize(this.#node, member, this)) continue
      if (this.#hard === 0 || this.#isExcused(member)) continue
      const now = performance.now()
      this.#awaited = member
      this.#until = now + (this.#soft - now) * (this.#cursor === undefined ? 1 : SHARE)
    }
    return false
  }

  #rearm(): void {
    if (this.#hard > 0) this.#alarm.set(Math.min(this.#until, this.#hard))
  }

  #timeIsUp(): void {
    if (this.#step === 'wait' || performance.now() >= this.#hard) {
      this.giveUp()
      return
    }
    if (this.#step === 'join') this.#joining = 0
    this.#awaited = undefined
    this.#advance()
  }

  #settleIfExcused(): void {
    if (this.#passed === undefined || this.#step !== 'wait' || !this.#node.allExcused()) return
    if (this.#settled !== undefined) this.#settle(this.#settled, this.#node.refusedForGood())
    this.#node.owner?.pass(this.#node)
  }

  #end(): void {
    const node = this.#node
    this.#alarm.clear()
    this.#busy = true
    this.visit(member => member.giveUp())
    this.#step = 'ended'
    this.#milliseconds = performance.now() - this.#startedAt
    forgetWait(this.#waiters, node)
    this.#waiters = []
    if (this.#settled !== undefined) this.#settle(this.#settled)
    if (this.#gone !== undefined) this.#settle(this.#gone)
    node.closed(this)
  }

  #settle(waiting: PromiseWithResolvers<CloseReport>, refused: readonly Refusal[] = this.#node.refusals()): void {
    const { released, errors } = this
    const milliseconds = this.ended ? this.#milliseconds : performance.now() - this.#startedAt
    const zombies = this.zombies?.filter(({ identity }) => isZombie(identity))
    const report: CloseReport = zombies?.length
      ? { released, refused, milliseconds, zombies }
      : { released, refused, milliseconds }
    if (errors === undefined) waiting.resolve(report)
    else waiting.reject(new ScopeCloseError(this.#node.path, errors, report))
  }
}
