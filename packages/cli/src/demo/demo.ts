/**
 * The demo: real agent processes, some of which are killed, and what the system says about them afterwards.
 *
 * - What it claims it has read from the system (`evidence.ts`), by the identities that it saw while the agents lived.
 * - `stop` may be called at any moment, also before or in the middle of `start` and `kill`; when it returns, no process of the
 *   demo is left, or it says which.
 * - It removes nothing of a killed agent by itself: that is the coordinator's work, and what is shown here. Only what is left
 *   after the deadline of `stop` is ended by force, and then reported as a problem.
 */
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { OakumError } from '@oakum/core/errors'
import { identify, isZombie, newMark } from '@oakum/core/process'
import { directoriesIn, markedProcesses, whatIsLeft, type Holding } from './evidence.ts'
import { launchAgent, type LaunchedAgent } from './launch.ts'

/** How many agents the demo starts. */
export const AGENTS = 10
/** How many of them are killed. */
export const VICTIMS = 3
/** Within how many milliseconds everything of a killed agent must be gone: long enough for the slowest of machines. */
export const GONE_WITHIN = 60_000

/** The same for the end of all agents. */
const STOP_WITHIN = 60_000
const LOOK_EVERY = 10

export type DemoPhase = 'starting' | 'running' | 'killed' | 'gone' | 'stopping' | 'stopped'

/** One agent, as the demo sees it. */
export interface DemoAgent {
  readonly id: string
  phase: DemoPhase
  /** Null until it is ready. */
  holding: Holding | null
  /** When it was killed, by `performance.now()`. */
  killedAt: number | null
  /** Milliseconds from its kill until nothing of it was left. */
  goneAfter: number | null
}

/** What the demo needs of the fleet that it runs in. */
interface DemoFleet {
  /** Asks an agent to stop; false when it is not alive. */
  requestStop(id: string): Promise<boolean>
}

export interface DemoOptions {
  fleet: DemoFleet
  /** URL of the store. */
  store: string
  /** The folder that the agents' directories lie in. */
  root: string
  /** Called after each change of an agent. */
  onChange: (agent: DemoAgent) => void
}

/** What `stop` found. */
export interface StopReport {
  /** How many agents lived when they were asked to stop. */
  agents: number
  milliseconds: number
  /** What is still there, for people. */
  left: string[]
  /** Processes of killed agents that have ended, and that PID 1 has not collected. */
  uncollected: number
}

export class Demo {
  readonly agents: readonly DemoAgent[]
  readonly #options: DemoOptions
  readonly #mark = newMark()
  readonly #launched = new Map<DemoAgent, LaunchedAgent>()

  constructor(options: DemoOptions) {
    this.#options = options
    this.agents = Array.from({ length: AGENTS }, (_, index) => ({
      id: `agent-${String(index + 1).padStart(2, '0')}`,
      phase: 'starting',
      holding: null,
      killedAt: null,
      goneAfter: null,
    }))
  }

  /** Starts all agents; resolves when each holds what it should. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { store, root } = this.#options
    await Promise.all(
      this.agents.map(async agent => {
        const launched = launchAgent({ id: agent.id, store, root, mark: this.#mark, signal })
        this.#launched.set(agent, launched)
        const { childPid, directory } = await launched.ready
        agent.holding = holdingOf(agent.id, launched.pid, childPid, directory)
        this.#enter(agent, 'running')
      }),
    )
  }

  /** Kills some, chosen at random, by SIGKILL. */
  kill(): readonly DemoAgent[] {
    const victims = chooseSome(this.agents, VICTIMS)
    for (const agent of victims) {
      agent.killedAt = performance.now()
      this.#launched.get(agent)?.kill()
      this.#enter(agent, 'killed')
    }
    return victims
  }

  /** Looks until nothing is left of the killed, or the time is up. */
  async watchThemGo(signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + GONE_WITHIN
    while (this.#look('killed', 'gone') > 0 && performance.now() < deadline) {
      await sleep(LOOK_EVERY, undefined, signal && { signal })
    }
  }

  /**
   * Ends all agents in order, and waits until the system shows nothing of the demo. What it still shows after a minute is
   * ended by force, and named.
   *
   * The living go after the killed are gone: should this process end before that, they see it and reclaim in its place.
   */
  async stop(): Promise<StopReport> {
    await this.watchThemGo()
    const began = performance.now()
    const living = [...this.#launched].filter(([agent]) => agent.phase === 'running' || agent.phase === 'starting')
    await Promise.all(living.map(([agent, launched]) => this.#askToStop(agent, launched)))
    const left = await this.#watchAllGo()
    const milliseconds = performance.now() - began
    await this.#force()
    return { agents: living.length, milliseconds, left, uncollected: this.#uncollected() }
  }

  /** Looks until nothing is left, or the time is up; returns what is. */
  async #watchAllGo(): Promise<string[]> {
    const deadline = performance.now() + STOP_WITHIN
    for (;;) {
      const late = performance.now() >= deadline
      // Ten agents cost less to look at than all processes of the machine, whose turn comes when these have gone.
      if (this.#look('stopping', 'stopped') === 0 || late) {
        const left = this.#left()
        if (left.length === 0 || late) return left
      }
      await sleep(LOOK_EVERY)
    }
  }

  async #askToStop(agent: DemoAgent, launched: LaunchedAgent): Promise<void> {
    // One that is only starting may not be known yet, and a store that fails must not keep an agent alive.
    const asked = agent.phase === 'running' && (await this.#options.fleet.requestStop(agent.id).catch(() => false))
    if (!asked) launched.end()
    this.#enter(agent, 'stopping')
  }

  #left(): string[] {
    this.#look('killed', 'gone')
    this.#look('stopping', 'stopped')
    const processes = markedProcesses(this.#mark).map(pid => `process ${pid}`)
    return [...processes, ...directoriesIn(this.#options.root).map(directory => `directory ${directory}`)]
  }

  /** Moves those of which nothing is left from one phase to the next; returns how many stay. */
  #look(from: DemoPhase, to: DemoPhase): number {
    let staying = 0
    for (const agent of this.agents) {
      if (agent.phase !== from) continue
      if (agent.holding !== null && whatIsLeft(agent.holding).length > 0) staying++
      else {
        if (agent.killedAt !== null) agent.goneAfter = performance.now() - agent.killedAt
        this.#enter(agent, to)
      }
    }
    return staying
  }

  /** A zombie holds nothing but its pid; some containers have a PID 1 that never collects it. */
  #uncollected(): number {
    return this.agents.filter(({ holding }) => holding !== null && isZombie(holding.child)).length
  }

  async #force(): Promise<void> {
    for (const pid of markedProcesses(this.#mark)) endByForce(pid)
    await Promise.all([...this.#launched.values()].map(launched => launched.ended))
  }

  #enter(agent: DemoAgent, phase: DemoPhase): void {
    agent.phase = phase
    this.#options.onChange(agent)
  }
}

function holdingOf(id: string, pid: number | undefined, childPid: number, directory: string): Holding {
  const agent = identify(pid ?? 0)
  const child = identify(childPid)
  if (agent === null || child === null) throw new OakumError('PROCESS_NOT_FOUND', `${id} ended while it was starting.`)
  return { agent, child, directory }
}

function chooseSome(agents: readonly DemoAgent[], count: number): DemoAgent[] {
  const rest = [...agents]
  const chosen = Array.from({ length: count }, () => rest.splice(randomInt(rest.length), 1)).flat()
  return chosen.toSorted((a, b) => a.id.localeCompare(b.id))
}

function endByForce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}
