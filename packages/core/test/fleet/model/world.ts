import { isOakumError } from '../../../src/errors/error.ts'
import type { Guard } from '../../../src/fleet/guard.ts'
import type { LeaseRef } from '../../../src/fleet/records.ts'
import type { ClaimReply, ClaimRequest, FleetStore } from '../../../src/fleet/store.ts'
import type { ManualClock } from '../../support/manual-clock.ts'
import { CLAIM_TTL, LEASE_TTL, NOTHING_HELD, registration } from '../contract-values.ts'
import { isOverdue, LeaseModel, type ModelLease, nameOf } from './lease-model.ts'
import { COORDINATORS, type Step } from './steps.ts'

/** How often living agents beat. */
const BEAT_EVERY = LEASE_TTL / 4
const MAX_ATTEMPTS = 3

interface HeldClaim extends LeaseRef {
  token: string
}

export interface WorldParts {
  /** Connections to one store; the first is the agents'. */
  connections: readonly FleetStore[]
  clock: ManualClock
  guarded: boolean
}

/** What came of the leases of a fleet. */
export interface Census {
  registered: number
  reaped: number
  finished: number
  /** By the guard, at some time. */
  held: number
}

/** A fleet that lives on a real store, beside the model that says what it must be like. */
export class World {
  readonly #model = new LeaseModel()
  readonly #connections: readonly FleetStore[]
  readonly #clock: ManualClock
  readonly #guard: Guard
  /** What each coordinator holds, or believes that it does. */
  readonly #claims: HeldClaim[][] = Array.from({ length: COORDINATORS }, () => [])

  readonly #held = new Set<string>()

  constructor({ connections, clock, guarded }: WorldParts) {
    this.#connections = connections
    this.#clock = clock
    this.#guard = { gaps: guarded, hosts: guarded }
  }

  /** @returns how many leases there were, and what became of them */
  async live(steps: readonly Step[]): Promise<Census> {
    for (const step of steps) await this.#take(step)
    await this.#settle()
    const { leases } = this.#model
    return {
      registered: leases.length,
      reaped: leases.filter(({ ended, released }) => ended && !released).length,
      finished: leases.filter(({ finished }) => finished).length,
      held: this.#held.size,
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'register':
        return this.#register(step)
      case 'crash':
        return this.#withAgent(step.agent, async lease => void (lease.beats = false))
      case 'beat':
        return this.#beatLate(step.agent)
      case 'release':
        return this.#withAgent(step.agent, lease => this.#release(lease))
      case 'prove':
        return this.#withAgent(step.agent, lease => this.#prove(lease, step.by))
      case 'sweep':
        return void (await this.#claim(step.by, { limit: step.limit }))
      case 'force':
        return this.#force(step.by)
      case 'renew':
        return this.#renew(step.by)
      case 'vanish':
        return void (this.#claims[step.by] = [])
      case 'finish':
        return this.#withClaim(step, claim => this.#finish(step.by, claim))
      case 'fail':
        return this.#withClaim(step, claim => this.#fail(step.by, claim))
      case 'wait':
        return this.#wait(step.milliseconds)
      case 'sleep':
        return this.#sleep(step.leases * LEASE_TTL)
    }
  }

  /** Everybody who lives goes on, one coordinator does its work: then whoever is dead has to go, soon. */
  async #settle(): Promise<void> {
    const leases = this.#guard.gaps ? 7 : 1
    for (let time = 0; time <= leases * LEASE_TTL + CLAIM_TTL; time += BEAT_EVERY) {
      await this.#wait(BEAT_EVERY)
      for (let more = true; more;) {
        ;({ more } = await this.#claim(0, {}))
        for (const claim of this.#claims[0]?.slice() ?? []) await this.#finish(0, claim)
      }
    }
    const left = this.#model.live.filter(({ beats }) => !beats)
    this.#model.assert(left.length === 0, `${left.map(nameOf).join(', ')}: dead and not reaped`)
    const held = this.#model.leases.filter(({ ended, finished, quarantined }) => ended && !finished && !quarantined)
    this.#model.assert(held.length === 0, `${held.map(nameOf).join(', ')}: not finished`)
    const { phases } = await this.#store().counts()
    const living = phases.starting + phases.alive + phases.draining
    this.#model.assert(
      living === this.#model.live.length,
      `${living} agents live instead of ${this.#model.live.length}`,
    )
    await this.#assertOneEndEach()
  }

  async #register({ id, host, under }: Step & { do: 'register' }): Promise<void> {
    const { live } = this.#model
    const parent = under === null ? undefined : live[under % live.length]
    const name = `agent-${id}`
    try {
      const { epoch, now } = await this.#store().register(
        registration(name, {
          host: `host-${host}`,
          ...(parent === undefined ? {} : { parent: { id: parent.id, epoch: parent.epoch } }),
        }),
      )
      this.#model.registered({ id: name, epoch }, { host: `host-${host}`, parent, ttl: LEASE_TTL, now })
    } catch (error) {
      if (!isOakumError(error, 'AGENT_EXISTS') && !isOakumError(error, 'FENCED')) throw error
      const lives = live.some(lease => lease.id === name)
      this.#model.assert(lives, `${name} was refused with ${error.code}, but no agent of that id lives`)
    }
    await this.#observe()
  }

  async #release(lease: ModelLease): Promise<void> {
    lease.released = true
    lease.beats = false
    const what = { by: 'released', ref: refOf(lease) } as const
    const { claims } = await this.#store().claim({ holder: 'agent', claimTtl: CLAIM_TTL, what })
    await this.#observe([lease])
    this.#note(claims)
    for (const claim of claims)
      this.#model.finished(claim, claim.token, await this.#store().finish(claim.token, NOTHING_HELD))
  }

  async #prove(lease: ModelLease, by: number): Promise<void> {
    lease.beats = false
    const { claims } = await this.#store(by).claim(this.#request(by, { by: 'proven', refs: [refOf(lease)] }))
    await this.#observe([lease])
    this.#hold(by, claims)
  }

  async #claim(by: number, { limit = 100, force = false }: { limit?: number; force?: boolean }): Promise<ClaimReply> {
    const what = { by: 'expired', guard: this.#guard, force } as const
    const reply = await this.#store(by).claim({ ...this.#request(by, what), limit })
    await this.#observe()
    this.#hold(by, reply.claims)
    for (const lease of reply.held) this.#held.add(nameOf(lease))
    if (reply.more) return reply
    // All that is due was looked at: whoever is overdue and lives is held, and said to be.
    const held = new Set(reply.held.map(nameOf))
    const missed = this.#model.live.filter(lease => isOverdue(lease, this.#now()) && !held.has(nameOf(lease)))
    this.#model.assert(missed.length === 0, `${missed.map(nameOf).join(', ')}: overdue, and neither claimed nor held`)
    this.#model.assert(this.#guard.gaps || held.size === 0, 'something is held without a guard')
    return reply
  }

  async #force(by: number): Promise<void> {
    await this.#store(by).retry()
    for (const lease of this.#model.leases) lease.quarantined = false
    for (let more = true; more;) ({ more } = await this.#claim(by, { force: true }))
    const overdue = this.#model.live.filter(lease => isOverdue(lease, this.#now()))
    this.#model.assert(overdue.length === 0, `${overdue.map(nameOf).join(', ')}: overdue after force`)
  }

  async #renew(by: number): Promise<void> {
    const claims = this.#claims[by] ?? []
    const lost = new Set(
      await this.#store(by).renewClaims(
        claims.map(({ token }) => token),
        CLAIM_TTL,
      ),
    )
    const until = this.#now() + CLAIM_TTL
    for (const claim of claims) this.#model.renewed(claim, claim.token, { lost: lost.has(claim.token), until })
  }

  async #finish(by: number, claim: HeldClaim): Promise<void> {
    this.#drop(by, claim)
    this.#model.finished(claim, claim.token, await this.#store(by).finish(claim.token, NOTHING_HELD))
  }

  async #fail(by: number, claim: HeldClaim): Promise<void> {
    this.#drop(by, claim)
    const options = { error: 'it is stuck', maxAttempts: MAX_ATTEMPTS, retryIn: 100 }
    this.#model.failed(claim, claim.token, await this.#store(by).fail(claim.token, options))
  }

  /** Somebody beats who may have been taken for dead, rightly or not. */
  async #beatLate(index: number): Promise<void> {
    const { leases } = this.#model
    const lease = leases[index % leases.length]
    if (lease !== undefined) await this.#beat([lease])
  }

  /** Time goes by; who lives beats. */
  async #wait(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= BEAT_EVERY) {
      this.#clock.advance(Math.min(left, BEAT_EVERY))
      await this.#beat(this.#model.live.filter(({ beats }) => beats))
    }
  }

  /** All of the machine sleeps. With the guard nobody is reaped when it wakes up, whoever is first. */
  async #sleep(milliseconds: number): Promise<void> {
    if (!this.#guard.gaps) return
    await this.#claim(0, {})
    const awake = this.#model.live.filter(({ beats }) => beats)
    await this.#beat(awake)
    this.#clock.advance(milliseconds + 1)
    await this.#claim(1, {})
    await this.#beat(awake)
    const reaped = awake.filter(lease => lease.ended && !hasDeadAncestor(lease))
    this.#model.assert(reaped.length === 0, `${reaped.map(nameOf).join(', ')}: reaped after a sleep`)
  }

  async #beat(leases: readonly ModelLease[]): Promise<void> {
    const { fenced } = await this.#store().beat(leases.map(refOf))
    this.#model.beaten(leases, fenced, this.#now())
  }

  /** Who ended by what was done just now. */
  async #observe(given: readonly ModelLease[] = []): Promise<void> {
    const { fenced } = await this.#store().check(this.#model.live.map(refOf))
    this.#model.fenced(fenced, given, this.#now())
  }

  #hold(by: number, claims: readonly HeldClaim[]): void {
    this.#note(claims)
    this.#claims[by]?.push(...claims)
  }

  #note(claims: readonly HeldClaim[]): void {
    const now = this.#now()
    for (const claim of claims) this.#model.claimed(claim, { token: claim.token, until: now + CLAIM_TTL }, now)
  }

  #drop(by: number, claim: HeldClaim): void {
    this.#claims[by] = this.#claims[by]?.filter(({ token }) => token !== claim.token) ?? []
  }

  async #assertOneEndEach(): Promise<void> {
    const { events } = await this.#store().pendingEvents(100_000)
    const ends = events.filter(({ type }) => type === 'cleanup_completed' || type === 'agent_stopped')
    const names = ends.map(({ agent, data }) => `${agent} ${String(data?.['epoch'])}`)
    const finished = this.#model.leases.filter(lease => lease.finished).map(nameOf)
    this.#model.assert(names.toSorted().join() === finished.toSorted().join(), `ended were ${names.join(', ')}`)
  }

  async #withAgent(index: number, act: (lease: ModelLease) => Promise<void>): Promise<void> {
    const { live } = this.#model
    const lease = live[index % live.length]
    if (lease !== undefined) await act(lease)
  }

  async #withClaim(
    { by, claim }: { by: number; claim: number },
    act: (claim: HeldClaim) => Promise<void>,
  ): Promise<void> {
    const claims = this.#claims[by] ?? []
    const held = claims[claim % claims.length]
    if (held !== undefined) await act(held)
  }

  #request(by: number, what: ClaimRequest['what']): ClaimRequest {
    return { holder: `coordinator-${by}`, claimTtl: CLAIM_TTL, what }
  }

  #store(by = 0): FleetStore {
    const store = this.#connections[by % this.#connections.length]
    if (store === undefined) throw new Error('There is no connection.')
    return store
  }

  /** The store's time, which began when the clock did: both go by it alone. */
  #now(): number {
    return this.#clock.now()
  }
}

/** Who ends with somebody above it ends rightly. */
function hasDeadAncestor({ parent }: ModelLease): boolean {
  return parent !== undefined && (!parent.beats || hasDeadAncestor(parent))
}

function refOf({ id, epoch }: LeaseRef): LeaseRef {
  return { id, epoch }
}
