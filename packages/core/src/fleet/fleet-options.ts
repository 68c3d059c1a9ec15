import { hostname } from 'node:os'
import { systemClock, type Clock } from '../clock/clock.ts'
import { OakumError } from '../errors/error.ts'
import type { Reclaimer } from './reclaimers/reclaimer.ts'

/**
 * Who sends the beats of a process. `inline`: its main thread, so that no beat comes while the event loop is blocked. `worker`: a
 * thread of its own, which takes about 20 MB; agents whose event loop is blocked are then stuck, and live. `auto`: inline until
 * the event loop was blocked for `stuckAfter`, then the thread; where there can be none, inline.
 */
export type BeatsMode = 'inline' | 'worker' | 'auto'

const BEATS_MODES: readonly BeatsMode[] = ['inline', 'worker', 'auto']

/** Options of {@link connect}. Times in milliseconds. */
export interface FleetOptions {
  /** Keeps fleets in one store apart. With `sqlite:DIR` it is a folder below DIR. An id, see INVALID_ID. @default none */
  namespace?: string
  /** @default the machine's clocks */
  clock?: Clock
  /** Without an accepted beat until an agent's lease ends: "stale after". Part of each lease. @default 120_000 */
  leaseTtl?: number
  /** Between two beats. @default a quarter of leaseTtl, at most 30_000 */
  beatEvery?: number
  /** Without an acknowledged beat until an agent fences itself. Less than leaseTtl. @default three quarters of leaseTtl */
  fenceAfter?: number
  /** Who sends the beats. `worker` needs a store that a second connection can reach: not `memory:`. @default 'auto' */
  beats?: BeatsMode
  /** For which the event loop may be blocked until the agents of the process count as stuck. @default a quarter of leaseTtl */
  stuckAfter?: number
  /** The name of this host, for people and for grouping. @default os.hostname() */
  host?: string
  /** For kinds of the user's own: used when agents release, and by this fleet's coordinators. */
  reclaimers?: readonly Reclaimer[]
  /** Ends the call. */
  signal?: AbortSignal
}

/** {@link FleetOptions} with nothing left open. */
export type FleetSettings = Required<Omit<FleetOptions, 'namespace' | 'signal'>>

/** @throws OakumError INVALID_OPTION */
export function resolveFleetOptions(options: FleetOptions): FleetSettings {
  const leaseTtl = positive('leaseTtl', options.leaseTtl ?? 120_000)
  const beatEvery = positive('beatEvery', options.beatEvery ?? Math.min(30_000, leaseTtl / 4))
  const fenceAfter = positive('fenceAfter', options.fenceAfter ?? leaseTtl * 0.75)
  if (beatEvery >= fenceAfter || fenceAfter >= leaseTtl) {
    throw new OakumError('INVALID_OPTION', 'It must be so that beatEvery < fenceAfter < leaseTtl.', {
      facts: { beatEvery, fenceAfter, leaseTtl },
    })
  }
  const stuckAfter = positive('stuckAfter', options.stuckAfter ?? leaseTtl / 4)
  const { clock = systemClock, host = hostname(), reclaimers = [], beats = 'auto' } = options
  if (!BEATS_MODES.includes(beats)) {
    throw new OakumError('INVALID_OPTION', `beats must be one of ${BEATS_MODES.join(', ')}.`, { facts: { beats } })
  }
  if (beats === 'worker' && clock !== systemClock) {
    throw new OakumError('INVALID_OPTION', 'A thread cannot share a clock of the caller’s: beats must be inline.')
  }
  return { leaseTtl, beatEvery, fenceAfter, stuckAfter, beats, clock, host, reclaimers }
}

/** The longest time that Node's timers can wait; they fire a longer one at once. */
const LONGEST = 2_147_483_647

/** @throws OakumError INVALID_OPTION unless it is a number of milliseconds that a timer can wait for */
export function positive(name: string, value: number): number {
  if (value > 0 && value <= LONGEST) return value
  throw new OakumError('INVALID_OPTION', `${name} must be a number of milliseconds, above 0 and at most ${LONGEST}.`, {
    facts: { [name]: value },
  })
}

/** @throws OakumError INVALID_OPTION unless it is 0 or as {@link positive} */
export function notNegative(name: string, value: number): number {
  return value === 0 ? value : positive(name, value)
}
