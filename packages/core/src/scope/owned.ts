/**
 * What a scope owns: a node of its doubly linked list.
 *
 * Invariants:
 * - A node is in the list of at most one owner; `owner` is set exactly while it is.
 * - Leaving costs O(1) and leaves nothing behind: no closure, no listener, no entry in a map.
 * - A node whose end has begun but takes time stays in the list until it has ended; so a close that comes meanwhile
 *   waits for it. `ending` is set from the moment its end begins, and is begun at most once.
 * - Nothing here keeps memory for what is rare: a kind and a phase live on the prototype, a creation stack beside it.
 */
import type { ProcessNote } from '../process/index.ts'
import { ageSince, coarseNow } from './age.ts'
import { runFinalizer } from './callers.ts'
import type { CloseWindow } from './closing.ts'
import { isExcused } from './excuses.ts'
import type { Settings } from './options.ts'
import type { CloseReason } from './reason.ts'
import type { Refusal } from './report.ts'
import type { ResourceSnapshot } from './snapshot.ts'
import { stackOf } from './stacks.ts'

/**
 * When a closing scope waits for a resource.
 * `join`: it was told to end in the cancelling, and is waited for before any finalizer runs.
 * `finalize`: it stays as it is until its turn comes, last in, first out.
 */
export type Phase = 'join' | 'finalize'

/** Whose list it is: the scope's own node. */
export interface Owner extends Owned {
  readonly settings: Settings | undefined
  /** Whether creation stacks are asked for. */
  readonly stacks: boolean
  /** Why it closes; set from the moment that closing begins. */
  readonly reason: CloseReason | undefined
  readonly closing: Tallying | undefined
  /** Takes a member out of the list. */
  unlink(member: Owned): void
  /** A member has ended and was unlinked. */
  left(member: Owned, failure: Failure | undefined): void
  /** A member may have become one that a close need not wait for. */
  pass(member: Owned): void
}

/** What counts what a close did. */
interface Tallying {
  absorb(tally: {
    readonly released: number
    readonly errors: readonly unknown[] | undefined
    readonly zombies?: readonly ProcessNote[] | undefined
  }): void
}

/** Wraps what was thrown, since anything can be thrown, `undefined` too. */
export interface Failure {
  readonly error: unknown
}

/** Stands for an end whose synchronous part still runs; resolved, so that to await one's own end is no deadlock. */
export const STARTED: Promise<void> = Promise.resolve()

const RELEASED: Promise<void> = Promise.resolve()

/** Base of everything that a scope owns. A subclass gives the kind, the name, and how it ends. */
export abstract class Owned {
  owner: Owner | undefined = undefined
  /** The next older member. */
  previous: Owned | undefined = undefined
  /** The next newer member. */
  next: Owned | undefined = undefined
  ending: Promise<unknown> | undefined = undefined
  readonly bornAt: number = coarseNow()

  /** `defer`, `task`, `process` … */
  abstract get kind(): string

  /** Tells it from others of its kind; may be empty. */
  abstract get name(): string

  get phase(): Phase {
    return 'finalize'
  }

  /** Whether {@link cancel} does nothing and the phase is `finalize`: then closing goes straight to the finalizers. */
  get onlyFinalizes(): boolean {
    return false
  }

  /** Whether it was told to end and has refused for good: a close waits for it no longer, and names it. */
  get hasRefused(): boolean {
    return false
  }

  /** What the caller knows it by; `scope.disown(subject)` finds it. */
  get subject(): unknown {
    return undefined
  }

  /** First phase of a close: tells it to end. Synchronous, must not throw. A member that joins must leave by itself then. */
  cancel(_reason: CloseReason): void {}

  /** Ends it. A promise-like result is awaited. Called at most once, and only for members of the phase `finalize`. */
  dispose(): unknown {
    return undefined
  }

  /** Second phase of a close; a scope closes itself within its parent's time. */
  closeWithin(_window: CloseWindow): void {}

  /** The deadline has come. */
  giveUp(): void {}

  /** Its owner gave it up; it lives on. */
  disowned(): void {}

  /** Whether the close of `scope` need not wait for it. */
  isExcusedFrom(scope: Owner): boolean {
    return isExcused(this, scope)
  }

  /** Undoes just this one, ahead of its owner. Idempotent; rejects with what the release threw. */
  release(): Promise<void> {
    if (this.ending !== undefined) return this.ending.then(ignore)
    if (this.owner === undefined) return RELEASED
    let result: unknown
    try {
      result = start(this)
    } catch (error) {
      this.leave()
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passes on what the release threw
      return Promise.reject(error)
    }
    if (isThenable(result)) return endWith(this, result)
    this.leave()
    return RELEASED
  }

  /**
   * Ends it as part of a close. True when it has ended and the caller may take it out of the list; false when it takes
   * time and will leave by itself, with what it failed by. Throws what the release threw.
   */
  finalize(): boolean {
    const result = start(this)
    if (!isThenable(result)) return true
    this.ending = Promise.resolve(result).then(
      () => this.leave(),
      (error: unknown) => this.leave({ error }),
    )
    return false
  }

  /** Has ended: nothing of it is alive any more. With what it failed by, when its owner should report that. */
  leave(failure?: Failure): void {
    const owner = this.owner
    if (owner === undefined) return
    owner.unlink(this)
    owner.left(this, failure)
  }

  /** From the root's name to this one's, as `coder-1/child/x`; what has no name stands there by its kind. */
  get path(): string {
    return this.pathBelow(this.owner)
  }

  pathBelow(owner: Owner | undefined): string {
    const own = this.name === '' ? this.kind : this.name
    return owner === undefined ? own : `${owner.path}/${own}`
  }

  /** Milliseconds since it was adopted; see `age.ts` for the precision. */
  get age(): number {
    return ageSince(this.bornAt)
  }

  /** What to report when it did not go in time. */
  refusals(): Refusal[] {
    return [this.refusal()]
  }

  protected refusal(): Refusal {
    const stack = stackOf(this)
    const { path, kind, name, age } = this
    return stack === undefined ? { path, kind, name, age } : { path, kind, name, age, stack }
  }

  snapshot(): ResourceSnapshot {
    const stack = stackOf(this)
    const { kind, name, age } = this
    return stack === undefined ? { kind, name, age } : { kind, name, age, stack }
  }
}

// Functions, not private methods: those would cost each instance a field, and there may be hundreds of thousands.

function start(resource: Owned): unknown {
  resource.ending = STARTED
  return runFinalizer(resource)
}

function endWith(resource: Owned, result: PromiseLike<unknown>): Promise<void> {
  const ending = Promise.resolve(result).then(
    () => resource.leave(),
    (error: unknown) => {
      resource.leave()
      throw error
    },
  )
  resource.ending = ending
  return ending
}

/** Whether a value can be awaited to some effect. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function ignore(): void {}
