/**
 * Looks for leases that ended, and has them reclaimed. Any number of coordinators, in any processes, share the work.
 *
 * Invariants:
 * - A failing store, reclaimer or record ends no loop: it is told to `onError`, and tried again.
 * - Sweeps of one coordinator do not overlap; a call while one runs gets that one's result.
 * - A death on this host is claimed within `watchEvery`, also while earlier reclaims still run.
 * - After `stop()` nothing of it is left: no timer, no listener, no reclaim.
 *
 * Its timers keep the process alive, from `start()` to `stop()`.
 */
import { reclaimAll } from './claims.ts'
import type { Guard } from './guard.ts'
import type { OnStalled } from './progress/judge-stalled.ts'
import type { Reclaimer } from './reclaimers/reclaimer.ts'
import { previewSweep } from './preview-sweep.ts'
import { announce, chunks, claimProven, sweep, type SweepOptions, type SweepParts, type SweepResult } from './sweep.ts'
import { withSignals } from './with-signals.ts'

/**
 * Times in milliseconds. There is no `staleAfter` here: each lease carries its own time to live (`leaseTtl` of `connect`), so
 * that all coordinators agree on when it ended.
 */
export interface CoordinatorOptions {
  /** Between two sweeps. Less than a lease, or every sweep comes after a gap. @default half of leaseTtl, at most 60_000 */
  sweepEvery?: number
  /** Between two looks at the processes of this host. @default 500 */
  watchEvery?: number
  /** For which a claim stands when its coordinator vanishes. @default 60_000 */
  claimTtl?: number
  /** Between the claim, which is announced, and the first reclaimer. @default 100 */
  grace?: number
  /** From this attempt on a lease that cannot be reclaimed is quarantined. @default 5 */
  maxAttempts?: number
  /** Until the second attempt; doubles with each, up to a minute. Taken by the next sweep. @default 1_000 */
  retryAfter?: number
  /** That each reclaimer has for one thing. @default 30_000 */
  reclaimTimeout?: number
  /**
   * Whether silence is doubted after a time without sweeps (`gaps`), and when more than half of the hosts fall silent at once
   * (`hosts`). Proven deaths are claimed in any case. @default true, which is both
   */
  guard?: boolean | Partial<Guard>
  /**
   * What becomes of an agent that lives, but makes no progress (`progressTimeout` of `register`). Asked by sweeps, within
   * `reclaimTimeout`; asked again when it fails. Give it to any of a store's coordinators. @default nobody is asked
   */
  onStalled?: OnStalled
  /** For kinds of the user's own, beside those given to `connect`. */
  reclaimers?: readonly Reclaimer[]
  /**
   * Told when a look, a sweep or a verdict of its own failed. What a reclaim failed by is in the agent's record. Must not
   * throw.
   */
  onError?: (error: unknown) => void
}

export interface CoordinatorParts extends SweepParts {
  sweepEvery: number
  watchEvery: number
  /** Holds the coordinators that have to be stopped; this one is in it while it runs or sweeps. */
  active: Set<Coordinator>
  /** @throws OakumError STORE_CLOSED */
  assertOpen: () => void
}

export interface CoordinatorStopOptions {
  /** Milliseconds until reclaims that still run are told to stop; their claims run out. @default 30_000 */
  deadline?: number
}

export class Coordinator {
  readonly #parts: CoordinatorParts
  readonly #background = new Set<Promise<void>>()
  #abort = new AbortController()
  #sweeping: Promise<SweepResult> | undefined
  #started = false
  #sweepTimer: NodeJS.Timeout | undefined
  #watchTimer: NodeJS.Timeout | undefined
  #unsubscribe: (() => void) | undefined

  /** Made by `fleet.coordinator`. */
  constructor(parts: CoordinatorParts) {
    this.#parts = parts
  }

  /**
   * Sweeps now and then every `sweepEvery`, and watches the processes of this host. Idempotent.
   *
   * @throws OakumError STORE_CLOSED
   */
  start(): void {
    this.#parts.assertOpen()
    if (this.#started) return
    this.#started = true
    this.#parts.active.add(this)
    this.#abort = new AbortController()
    this.#unsubscribe = this.#parts.store.onChange(() => this.#parts.outbox.kick())
    this.#parts.outbox.kick()
    this.#sweepSoon(0)
    this.#watchSoon(0)
  }

  /** One sweep. Joins the one that is under way, if any; a forced one comes after it. */
  async sweep(options: SweepOptions = {}): Promise<SweepResult> {
    this.#parts.assertOpen()
    if (options.dryRun === true) return previewSweep(this.#parts, options)
    while (options.force === true && this.#sweeping !== undefined) await this.#sweeping.catch(ignore)
    return this.#join(options)
  }

  /** Ends the loops, and waits for what is under way. Idempotent; `start()` may be called again. */
  async stop({ deadline = 30_000 }: CoordinatorStopOptions = {}): Promise<void> {
    this.#started = false
    clearTimeout(this.#sweepTimer)
    clearTimeout(this.#watchTimer)
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    const abort = this.#abort
    const timer = setTimeout(() => abort.abort(), deadline)
    try {
      while (this.#background.size > 0) await Promise.all(this.#background)
      await this.#sweeping?.catch(ignore) // its caller is told
    } finally {
      clearTimeout(timer)
      if (this.#abort.signal.aborted) this.#abort = new AbortController()
      if (!this.#started) this.#parts.active.delete(this)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** The sweep that is under way, or a new one. */
  #join(options: SweepOptions = {}): Promise<SweepResult> {
    this.#parts.active.add(this)
    this.#sweeping ??= this.#sweep(options).finally(() => {
      this.#sweeping = undefined
      if (!this.#started) this.#parts.active.delete(this)
    })
    return this.#sweeping
  }

  /** Ends with the caller's signal, or when the coordinator's time to stop is over. */
  #sweep({ signal, force = false }: SweepOptions): Promise<SweepResult> {
    return withSignals([signal, this.#abort.signal], async either => {
      const result = await sweep(this.#parts, { signal: either, force })
      await this.#parts.outbox.flush().catch(this.#parts.onError)
      return result
    })
  }

  #sweepSoon(wait: number): void {
    const abort = this.#abort
    this.#sweepTimer = setTimeout(() => {
      void this.#run(async () => {
        await this.#join()
      }).finally(() => {
        if (this.#runs(abort)) this.#sweepSoon(this.#parts.sweepEvery)
      })
    }, wait)
  }

  #watchSoon(wait: number): void {
    const abort = this.#abort
    this.#watchTimer = setTimeout(() => {
      void this.#run(() => this.#watch()).finally(() => {
        if (this.#runs(abort)) this.#watchSoon(this.#parts.watchEvery)
      })
    }, wait)
  }

  /** Whether it still runs since the same start: one that was stopped and started again has other loops. */
  #runs(abort: AbortController): boolean {
    return this.#started && this.#abort === abort
  }

  /** Claims the dead; their reclaim goes on in the background, so that it does not keep the next look waiting. */
  async #watch(): Promise<void> {
    const parts = this.#parts
    const { signal } = this.#abort
    for (const refs of chunks(await parts.presence.look({ signal }))) {
      const { claims } = await claimProven(refs, parts, { signal })
      void this.#run(async () => {
        await announce(claims, parts)
        await reclaimAll(claims, parts, signal)
        parts.outbox.kick()
        // Some had been fenced already: by their own release, by an agent that took their place, or because more ended
        // with them than one claim takes. Whatever nobody holds is taken by a sweep, not one that is at its end already.
        if (claims.filter(({ reason }) => reason === 'process_gone').length === refs.length) return
        await this.#sweeping?.catch(ignore)
        await this.#join()
      })
    }
  }

  /** Runs something that `stop()` waits for. Never rejects. */
  #run(work: () => Promise<void>): Promise<void> {
    const running = work()
      .catch(this.#parts.onError)
      .finally(() => this.#background.delete(running))
    this.#background.add(running)
    return running
  }
}

function ignore(): void {}
