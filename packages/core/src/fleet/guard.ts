/**
 * When silence is believed: decided once, for every driver.
 *
 * An outage, a sleep of the machine or a network that is down makes the living look dead. So silence is doubted in two cases:
 * - gap: nobody swept for longer than a lease. Then nobody could be heard either, and silence counts anew from its end.
 * - hosts: more than half of the hosts, and at least three, fell silent within one lease. Then it is more likely that
 *   something between them and the store fell. Claims are held for one lease; after that the hosts go one at a time, each
 *   half a lease after the one before.
 *
 * Invariants:
 * - Only silence is doubted: what is proven, released or claimed already is none of this.
 * - Nothing is held for ever: between two beats a lease is given time once for a gap, however many follow, and as the hosts
 *   go each half lease ends the hold of one.
 * - A lease that is held has its deadline put off, so that a sweep comes upon it again only when that is over.
 *
 * How long a lease is differs: a gap is one for those leases that are shorter than it.
 */
import type { LeaseRef } from './records.ts'

/** Which doubts a claim by silence minds. */
export interface Guard {
  gaps: boolean
  hosts: boolean
}

export const BELIEVE_ALL: Guard = { gaps: false, hosts: false }

/** Why a claim by silence is held. */
export type HoldReason = 'gap' | 'hosts'

/** A silent lease that the guard keeps from being claimed. Times in milliseconds. */
export interface HeldLease extends LeaseRef {
  reason: HoldReason
  host: string
  /** The last accepted beat, since 1970; null when there was none. */
  lastSeen: number | null
  /** Since then; null when there was none. */
  idleTime: number | null
  /** Until when at least, since 1970. */
  until: number
}

/** What a store remembers for the guard. Plain data: stores keep it as JSON. */
export interface GuardState {
  /** When somebody swept last, by the store's time; null before the first sweep, which therefore has no gap. */
  sweptAt: number | null
  /** Times without a sweep that may still matter: the newest last, and each longer than those after it. */
  gaps: { endedAt: number; length: number }[]
  /** The holds that are on. */
  holds: Partial<Record<HoldReason, Hold>>
}

export interface Hold {
  since: number
  /** No lease that is held is put off beyond this. */
  until: number
  /** How long the first part of a hold for hosts lasts; then each host waits half as long for the one before it. */
  lease: number
  /** The host that went last, and when. */
  let?: { host: string; at: number }
}

/** Which hosts are silent: all live agents of theirs are. */
export interface HostSurvey {
  /** How many hosts have agents, or had them until they fell silent within the lease before now. */
  hosts: number
  /** Those that fell silent within the lease before now, whatever became of their agents. */
  silent: ReadonlySet<string>
  /** Those of them that are silent now. */
  now: readonly string[]
  /** The longest lease of the agents that are silent, in milliseconds. */
  lease: number
}

/** A live lease whose time is over. */
export interface SilentLease {
  host: string
  leaseTtl: number
  /** Whether its deadline was put off since its last beat. */
  putOff: boolean
}

export interface PutOff {
  reason: HoldReason
  until: number
}

/** Fewer hosts than this are no crowd. */
export const CROWD = 3

export const FRESH_GUARD: GuardState = { sweptAt: null, gaps: [], holds: {} }

/** Somebody sweeps at this moment. Renewals of claims count: who renews is at work, and the store is there. */
export function noteSweep(state: GuardState, now: number): GuardState {
  const length = state.sweptAt === null ? 0 : now - state.sweptAt
  const gaps = state.gaps.filter(gap => gap.length > length && gap.endedAt + gap.length > now)
  if (length > 0) gaps.push({ endedAt: now, length })
  return { ...state, sweptAt: now, gaps }
}

/** Judges the silent leases of one claim by a sweep. What it decided is in `state` afterwards; the state given is left alone. */
export class Judge {
  readonly state: GuardState
  readonly #guard: Guard
  readonly #now: number
  readonly #survey: () => HostSurvey | null
  #surveyed: HostSurvey | null | undefined

  /** @param survey Asked once at most, when a lease would be claimed; null when no crowd of hosts can have fallen silent. */
  constructor(
    state: GuardState,
    { guard, now, survey }: { guard: Guard; now: number; survey: () => HostSurvey | null },
  ) {
    this.state = noteSweep(structuredClone(state), now)
    this.#guard = guard
    this.#now = now
    this.#survey = survey
  }

  /** What it learned of the hosts, if it had to ask. */
  get surveyed(): HostSurvey | null {
    return this.#surveyed ?? null
  }

  /** Until when the lease is held; null when it may be claimed. */
  judge(lease: SilentLease): PutOff | null {
    return this.#judgeGap(lease) ?? this.#judgeHosts(lease)
  }

  /** Ends the holds that are over, once all that is due has been looked at, and returns which: none of theirs is held any more. */
  endHolds(): HoldReason[] {
    const over = reasonsOf(this.state).filter(reason => (this.state.holds[reason]?.until ?? 0) <= this.#now)
    for (const reason of over) delete this.state.holds[reason]
    return over
  }

  /** Ends all holds, over or not. */
  dropHolds(): void {
    this.state.holds = {}
  }

  #judgeGap({ leaseTtl, putOff }: SilentLease): PutOff | null {
    if (!this.#guard.gaps || putOff) return null
    const gap = this.state.gaps.findLast(({ length }) => length > leaseTtl)
    if (gap === undefined || gap.endedAt + leaseTtl <= this.#now) return null
    const until = gap.endedAt + leaseTtl
    const hold = (this.state.holds.gap ??= { since: this.#now, until, lease: leaseTtl })
    return putOffUntil('gap', hold, until)
  }

  #judgeHosts({ host }: SilentLease): PutOff | null {
    if (!this.#guard.hosts) return null
    const hold = this.state.holds.hosts ?? this.#doubtHosts()
    if (hold === undefined) return null
    const first = hold.since + hold.lease
    if (this.#now < first) return putOffUntil('hosts', hold, first)
    if (hold.let?.host === host) return null
    const next = hold.let === undefined ? first : hold.let.at + hold.lease / 2
    if (this.#now < next) return putOffUntil('hosts', hold, next)
    hold.let = { host, at: this.#now }
    return null
  }

  #doubtHosts(): Hold | undefined {
    if (this.#surveyed !== undefined) return undefined
    const found = (this.#surveyed = this.#survey())
    if (found === null || found.silent.size < CROWD || found.silent.size * 2 <= found.hosts) return undefined
    const hold: Hold = { since: this.#now, until: this.#now + found.lease, lease: found.lease }
    this.state.holds.hosts = hold
    return hold
  }
}

/** The holds that are on. */
export function reasonsOf({ holds }: GuardState): HoldReason[] {
  return (['gap', 'hosts'] as const).filter(reason => holds[reason] !== undefined)
}

function putOffUntil(reason: HoldReason, hold: Hold, until: number): PutOff {
  hold.until = Math.max(hold.until, Math.ceil(until))
  return { reason, until: Math.ceil(until) }
}
