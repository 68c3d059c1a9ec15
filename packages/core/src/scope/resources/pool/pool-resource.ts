/**
 * A pool as a resource of a scope.
 *
 * Invariants:
 * - `#total` counts every value from the start of its creation to the end of its destruction; it never exceeds `max`.
 * - Whoever acquires joins the queue, also if a value is idle: so nobody is overtaken.
 * - Once closed, nothing is lent; what comes back is destroyed; the pool is gone when `#total` is 0.
 */
import { OakumError, throwIfAborted } from '../../../errors/index.ts'
import { Owned, isThenable } from '../../owned.ts'
import type { CloseReason } from '../../reason.ts'
import type { Refusal } from '../../report.ts'
import { captureStack, setStack, stackOf, type StackHolder } from '../../stacks.ts'
import { surfaceError, tellError } from '../../surface.ts'
import { IdleValues, type Entry } from './idle.ts'
import { BorrowedLease } from './lease.ts'
import { normalizePool, type NormalizedPoolOptions, type PoolOptions } from './options.ts'
import type { Lease, Pool, PoolCounts } from './pool.ts'
import { Waiters, type AcquireOptions } from './waiters.ts'

export class PoolResource<T> extends Owned {
  readonly #options: NormalizedPoolOptions<T>
  readonly #idle: IdleValues<T>
  readonly #waiters = new Waiters<Lease<T>, StackHolder | undefined>()
  readonly #borrowed = new Set<BorrowedLease<T>>()
  readonly #creation = new AbortController()
  #total = 0
  /** Values that are being made, or validated, for somebody who waits. */
  #coming = 0
  #closed = false
  #errors: unknown[] = []
  #gone: PromiseWithResolvers<void> | undefined = undefined

  constructor(options: PoolOptions<T>) {
    super()
    this.#options = normalizePool(options)
    this.#idle = new IdleValues(this.#options.idle, this.#options.lifetime, entry => void this.#end(entry))
  }

  get kind(): string {
    return 'pool'
  }

  get name(): string {
    return this.#options.name
  }

  override get subject(): unknown {
    return this.pool
  }

  /** What the user gets. */
  readonly pool: Pool<T> = this.#facade()

  /** Lends nothing from now on; what is there is ended when the finalizers run. */
  override cancel(reason: CloseReason): void {
    this.#stopLending(reason.error)
  }

  override dispose(): unknown {
    this.#stopLending()
    for (const entry of this.#idle.takeAll()) void this.#end(entry)
    if (this.#total === 0) return undefined
    this.#gone = Promise.withResolvers()
    return this.#gone.promise.then(() => this.#throwErrors())
  }

  /** Also for a pool that was disowned: whoever has it then has no other way to end it. */
  #close(): Promise<void> {
    if (this.owner === undefined) this.ending ??= Promise.resolve(this.dispose())
    return this.release()
  }

  /** Names the borrowers, if it is them that the pool waits for. */
  override refusals(): Refusal[] {
    if (this.#borrowed.size === 0) return super.refusals()
    return Array.from(this.#borrowed, lease => {
      const { name } = this
      const refusal: Refusal = { path: `${this.path}/lease`, kind: 'lease', name, age: lease.age }
      const stack = stackOf(lease)
      return stack === undefined ? refusal : { ...refusal, stack }
    })
  }

  async #acquire(options: AcquireOptions): Promise<Lease<T>> {
    if (this.#closed) throw this.#closedError()
    throwIfAborted(options.signal)
    const promise = this.#waiters.wait(options, this.owner?.stacks === true ? captureStack() : undefined)
    this.#pump()
    return await promise
  }

  async #use<R>(fn: (value: T) => R | PromiseLike<R>, options: AcquireOptions): Promise<R> {
    const lease = await this.#acquire(options)
    try {
      return await fn(lease.value)
    } finally {
      lease.release()
    }
  }

  /** Gets a value on its way for each of those who wait, as far as the slots go. */
  #pump(): void {
    while (!this.#closed && this.#waiters.size > this.#coming) {
      const entry = this.#idle.take()
      if (entry !== undefined) this.#check(entry)
      else if (this.#total < this.#options.max) this.#create()
      else return
    }
  }

  #create(): void {
    this.#total++
    this.#coming++
    let made: T | PromiseLike<T>
    try {
      made = this.#options.create(this.#creation.signal)
    } catch (error) {
      this.#notCreated(error)
      return
    }
    if (isThenable(made)) {
      made.then(
        value => this.#created(value),
        (error: unknown) => this.#notCreated(error),
      )
    } else this.#created(made)
  }

  #created(value: T): void {
    this.#coming--
    const now = performance.now()
    this.#give({ value, createdAt: now, idleSince: now })
  }

  #notCreated(error: unknown): void {
    this.#coming--
    if (this.#closed) {
      // Nobody waits any more, and the failure is, as a rule, that of the abort: it is not a failure of the close.
      if (this.owner?.reason?.explains(error) !== true) tellError(this.owner, this, error)
    } else if (!this.#waiters.fail(error)) tellError(this.owner, this, error)
    this.#slotFree()
  }

  /** Lends a value that was used before, unless it is no longer valid. */
  #check(entry: Entry<T>): void {
    this.#coming++
    let valid: boolean | PromiseLike<boolean>
    try {
      valid = this.#options.validate(entry.value)
    } catch (error) {
      this.#checkFailed(entry, error)
      return
    }
    if (isThenable(valid)) {
      valid.then(
        answer => this.#checked(entry, answer),
        (error: unknown) => this.#checkFailed(entry, error),
      )
    } else this.#checked(entry, valid)
  }

  #checked(entry: Entry<T>, valid: boolean): void {
    this.#coming--
    if (valid) this.#give(entry)
    else {
      void this.#end(entry)
      this.#pump()
    }
  }

  #checkFailed(entry: Entry<T>, error: unknown): void {
    tellError(this.owner, this, error)
    this.#checked(entry, false)
  }

  /** To the first who waits, or to the idle ones when he gave up meanwhile. */
  #give(entry: Entry<T>): void {
    if (this.#closed) void this.#end(entry)
    else if (this.#waiters.size === 0) this.#idle.put(entry)
    else this.#waiters.serve(stack => this.#lend(entry, stack))
  }

  #lend(entry: Entry<T>, stack: StackHolder | undefined): Lease<T> {
    const lease = new BorrowedLease(entry, this.#leaseEnd)
    if (stack !== undefined) setStack(lease, stack)
    this.#borrowed.add(lease)
    return lease
  }

  readonly #leaseEnd = {
    giveBack: (lease: BorrowedLease<T>): void => {
      this.#borrowed.delete(lease)
      const { entry } = lease
      if (this.#closed) void this.#end(entry)
      else if (this.#waiters.size > this.#coming && !this.#idle.isOver(entry)) this.#check(entry)
      else this.#idle.put(entry)
    },
    destroy: async (lease: BorrowedLease<T>): Promise<void> => {
      this.#borrowed.delete(lease)
      const failures: unknown[] = []
      await this.#destroy(lease.entry, error => failures.push(error))
      for (const error of failures) throw error
    },
  }

  /** Destroys a value in the background. */
  #end(entry: Entry<T>): Promise<void> {
    return this.#destroy(entry, error => {
      if (this.#gone === undefined) surfaceError(this.owner, this, error)
      else this.#errors.push(error)
    })
  }

  async #destroy({ value }: Entry<T>, failed: (error: unknown) => void): Promise<void> {
    try {
      await this.#options.destroy(value)
    } catch (error) {
      failed(error)
    }
    this.#slotFree()
  }

  #slotFree(): void {
    this.#total--
    if (this.#total === 0) this.#gone?.resolve()
    this.#pump()
  }

  #stopLending(cause?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    const error = this.#closedError(cause)
    this.#creation.abort(cause ?? error)
    this.#waiters.failAll(error)
  }

  #closedError(cause?: unknown): OakumError {
    const options = cause === undefined ? {} : { cause }
    return new OakumError('POOL_CLOSED', `Pool ${this.path} is closing or closed and lends nothing.`, options)
  }

  #throwErrors(): void {
    const [first, ...others] = this.#errors
    if (others.length > 0)
      throw new AggregateError(this.#errors, `${this.#errors.length} values could not be destroyed.`)
    if (this.#errors.length > 0) throw first
  }

  #counts(): PoolCounts {
    return {
      total: this.#total,
      idle: this.#idle.size,
      borrowed: this.#borrowed.size,
      waiting: this.#waiters.size,
    }
  }

  #facade(): Pool<T> {
    const counts = (): PoolCounts => this.#counts()
    return {
      get counts() {
        return counts()
      },
      acquire: (options = {}) => this.#acquire(options),
      use: (fn, options = {}) => this.#use(fn, options),
      close: () => this.#close(),
    }
  }
}
