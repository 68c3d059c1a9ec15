/**
 * What one fleet does when its process ends.
 *
 * Invariants:
 * - No step throws: what refuses is in `errors`, and the next step is taken.
 * - A store that is away is asked again until the deadline, by one agent at a time: a locked one blocks the process at each call,
 *   and a hundred agents would block it a hundred times as long.
 * - What an agent started is ended in any case: by its release, or by its mark when there was none.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { OakumError } from '../../errors/error.ts'
import type { ProcessIdentity } from '../../process/identity.ts'
import { killMarked } from '../../process/kill-marked.ts'
import { marksOf } from '../../process/marker.ts'
import { describeRefused, ScopeCloseError, type CloseReport } from '../../scope/report.ts'
import type { Scope } from '../../scope/scope.ts'
import type { Agent } from '../agent.ts'
import { bounded } from '../bounded.ts'
import type { Fleet } from '../fleet.ts'
import type { ShutdownReport } from './report.ts'
import { isTransient } from './transient.ts'

/** `ShutdownOptions` with nothing left open. */
export interface ShutdownSettings {
  drain: number
  deadline: number
  onDrain: ((signal: AbortSignal) => unknown) | undefined
  scopes: readonly Scope[]
  exit: boolean
  log: (text: string) => void
}

/** The time that is left of the one deadline. */
export interface TimeLeft {
  /** In milliseconds, at least 1. */
  readonly left: () => number
  /** Aborts when it is over. */
  readonly signal: AbortSignal
}

/** The part of the time left that scopes may use; the rest is for the agents, whose release ends what a scope could not. */
const SCOPES_SHARE = 2 / 3
/** How soon a store that failed is asked again, at first. Doubles, up to a second. */
const RETRY_AT_FIRST = 100
const RETRY_AT_MOST = 1_000

export class FleetShutdown {
  readonly fleet: Fleet
  readonly settings: ShutdownSettings
  /** What refused or was cut off. */
  readonly errors: unknown[] = []
  /** The shutdown that it takes part in, or took. */
  run: { readonly report: Promise<ShutdownReport> } | undefined
  readonly #controller = new AbortController()
  /** Those that were to be released, and are not known to be. */
  readonly #unreleased = new Set<Agent>()
  /** Undefined while it is not known. */
  #kept: readonly ProcessIdentity[] | undefined
  #drained = true

  constructor(fleet: Fleet, settings: ShutdownSettings) {
    this.fleet = fleet
    this.settings = settings
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Stops intake. */
  ask(reason: OakumError, run: FleetShutdown['run']): void {
    this.run = run
    for (const agent of this.fleet.registered) this.#unreleased.add(agent)
    this.#controller.abort(reason)
    this.fleet.stopRegistered()
    // Asked now, since there may be no time later.
    this.fleet.kept().then(
      kept => (this.#kept = kept),
      () => {},
    )
  }

  /** Finishes what is under way; `over` ends that. */
  async drain(over: AbortSignal): Promise<void> {
    const { onDrain, drain } = this.settings
    const worked = new AbortController()
    const told = this.#tellDraining(worked.signal)
    if (onDrain !== undefined) {
      await this.#try(
        () => bounded('What was under way', async signal => void (await onDrain(signal)), drain, over),
        () => {
          this.#drained = false
        },
      )
    }
    worked.abort()
    await told
  }

  async closeScopes(time: TimeLeft): Promise<void> {
    const share = time.left() * SCOPES_SHARE
    await Promise.all(this.settings.scopes.map(scope => this.#try(() => closeScope(scope, share, time.signal))))
  }

  /** Releases the agents, announces that, and closes the fleet. */
  async release(reason: string, time: TimeLeft): Promise<void> {
    const began = performance.now()
    for (const agent of this.fleet.registered) this.#unreleased.add(agent)
    await this.#tellDraining(time.signal)
    if (!time.signal.aborted) {
      const agents = [...this.#unreleased].filter(isUnfenced)
      await Promise.all(agents.map(agent => this.#try(() => this.#releaseAgent(agent, time.signal))))
      await this.#try(() => this.#announce(agents, { reason, milliseconds: Math.round(performance.now() - began) }))
    }
    this.endChildren() // of those that were fenced, or not released
    await this.#try(() => this.fleet.close({ deadline: time.left(), release: false }))
  }

  /** Kills what agents started that could not be released. At once, without a grace. */
  endChildren(): void {
    const marks = [...this.#unreleased].flatMap(agent => marksOf(agent.env).slice(-1))
    if (marks.length === 0) return
    if (this.#kept === undefined) {
      this.errors.push(
        new OakumError('STORE_UNREADABLE', 'What agents started was left: which of it is kept is not known.'),
      )
      return
    }
    try {
      const left = killMarked(marks, this.#kept)
      if (left > 0) this.errors.push(new OakumError('RESOURCE_REFUSED', `${left} processes of agents live on.`))
    } catch (error) {
      this.errors.push(error) // without a descriptor left nobody can look; the end comes all the same
    }
  }

  /** Tells the store that the agents are draining, one after the other, until it knows of all, or `stop` aborts. */
  async #tellDraining(stop: AbortSignal): Promise<void> {
    const untold = new Set(this.fleet.registered)
    const tell = async (): Promise<void> => {
      for (const agent of untold) {
        if (agent.phase !== 'draining') await agent.drain().catch(throwIfTransient)
        untold.delete(agent)
      }
    }
    await untilDone(tell, stop).catch(() => {}) // met again when the agents are released
  }

  async #releaseAgent(agent: Agent, signal: AbortSignal): Promise<void> {
    await untilDone(() => agent.release({ signal }), signal)
    this.#unreleased.delete(agent)
  }

  async #announce(
    agents: readonly Agent[],
    { reason, milliseconds }: { reason: string; milliseconds: number },
  ): Promise<void> {
    const events = agents.map(agent => ({
      id: `agent_shutdown:${agent.id}:${agent.epoch}`,
      type: 'agent_shutdown',
      agent: agent.id,
      data: {
        epoch: agent.epoch,
        reason,
        drained: this.#drained,
        released: !this.#unreleased.has(agent),
        milliseconds,
      },
    }))
    if (events.length === 0) return
    await this.fleet.flush() // so that it comes after what it is about
    await this.fleet.events.append(events)
  }

  async #try(step: () => Promise<unknown>, failed?: () => void): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.errors.push(error)
      failed?.()
    }
  }
}

async function closeScope(scope: Scope, milliseconds: number, signal: AbortSignal): Promise<void> {
  const { refused } = await bounded(`Closing scope ${scope.path}`, () => close(scope), milliseconds, signal)
  if (refused.length === 0) return
  throw new OakumError('RESOURCE_REFUSED', `Refused to go: ${describeRefused(refused)}.`, {
    facts: { path: scope.path },
  })
}

async function close(scope: Scope): Promise<CloseReport> {
  try {
    return await scope.close('shutdown')
  } catch (error) {
    // An agent in the scope that met a store which was away: it is released once more.
    if (error instanceof ScopeCloseError && error.errors.every(isTransient)) return error.report
    throw error
  }
}

/** One that was fenced has been ended by somebody else, who tells of it. */
function isUnfenced({ phase }: Agent): boolean {
  return phase !== 'fenced'
}

/** An agent that is fenced need not be told of. */
function throwIfTransient(error: unknown): void {
  if (isTransient(error)) throw error
}

/** Does it again while a store is away, until the signal aborts. */
async function untilDone(attempt: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  for (let wait = RETRY_AT_FIRST; ; wait = Math.min(wait * 2, RETRY_AT_MOST)) {
    await nextTurn() // so that a deadline which has passed during the last call is seen before the next one
    try {
      await attempt()
      return
    } catch (error) {
      if (!isTransient(error) || signal.aborted) throw error
      await pause(wait, undefined, { signal }).catch(() => {
        throw error
      })
    }
  }
}
