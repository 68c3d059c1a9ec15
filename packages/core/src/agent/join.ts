/**
 * Ties a loop to an agent of a fleet, so that the loop does what becomes of the lease.
 *
 * Invariants:
 * - Asked to stop, the loop cancels its run and begins no other; fenced, it is terminated: it may change nothing any more.
 * - What the loop and its tools spawn by their scopes carries the agent's mark, and is found when this process dies.
 * - Released, or ended with the loop, it leaves nothing: no listener on the agent's signal, no variable on the loop's scope.
 */
import { isOakumError, throwIfAborted } from '../errors/index.ts'
import type { Agent } from '../fleet/agent.ts'
import { fencedError } from '../fleet/lease.ts'
import type { RegisterOptions } from '../fleet/register-options.ts'
import { markScope } from '../fleet/scope-environment.ts'
import type { Scope } from '../scope/index.ts'
import type { RunEvent } from './run-events.ts'
import type { AgentLoopOptions } from './settings.ts'

/** Options of `AgentLoop.child`. */
export interface ChildLoopOptions extends Omit<AgentLoopOptions, 'name' | 'scope'> {
  /** Names the loop, and its agent in the fleet. 1 to 128 characters of `A-Z a-z 0-9 . _ : -`. */
  readonly id: string
  /** What ends it: that of the tool's call. */
  readonly scope: Scope
  /** What else the fleet is told of its agent. */
  readonly register?: Omit<RegisterOptions, 'id' | 'parent' | 'scope' | 'signal'>
  /** Ends the registration. */
  readonly signal?: AbortSignal
}

/** What a membership needs of its loop. */
export interface JoinParts {
  readonly agent: Agent
  /** The loop's. */
  readonly scope: Scope
  readonly cancel: (reason: unknown) => Promise<unknown>
  readonly terminate: (reason: unknown) => Promise<unknown>
}

/** By these an agent gets on with its work. */
const PROGRESS: ReadonlySet<RunEvent['type']> = new Set(['turn_started', 'turn_finished', 'item', 'tool_finished'])

export class Membership {
  readonly agent: Agent
  readonly #leave: readonly (() => void)[]

  /** @throws OakumError FENCED or STOP_REQUESTED, when the lease has ended or is to end; SCOPE_CLOSED */
  constructor({ agent, scope, cancel, terminate }: JoinParts) {
    assertJoinable(agent)
    this.agent = agent
    const { signal } = agent
    const ignore = scope.on(
      signal,
      'abort',
      () => {
        const end = isOakumError(signal.reason, 'FENCED') ? terminate : cancel
        // The run's result tells what came of it, and so does whoever ends the loop next.
        end(signal.reason).catch(() => undefined)
      },
      { once: true },
    )
    this.#leave = [ignore, markScope(scope, agent)]
  }

  /** @throws OakumError STOP_REQUESTED, FENCED */
  assertMayRun(): void {
    throwIfAborted(this.agent.signal)
  }

  /** The run tells of something. */
  told({ type }: RunEvent): void {
    if (PROGRESS.has(type)) this.agent.progress()
  }

  release(): void {
    for (const leave of this.#leave) leave()
  }
}

function assertJoinable(agent: Agent): void {
  if (agent.phase === 'released') throw fencedError(agent, 'it was released')
  throwIfAborted(agent.signal)
}
