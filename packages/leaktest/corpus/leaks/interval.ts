/** Each agent beats by an interval; `stop` clears it, but the agent's end only marks it as stopped. */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['start'], retainer: 'Timeout', counter: 'timers' }

const BEAT_EVERY = 30_000

class Heartbeats {
  readonly #timers = new Map<string, NodeJS.Timeout>()
  beats = 0

  start(agent: string): void {
    const timer = setInterval(() => (this.beats += 1), BEAT_EVERY) // leaks here
    this.#timers.set(agent, timer)
  }

  stop(agent: string): void {
    clearInterval(this.#timers.get(agent))
    this.#timers.delete(agent)
  }

  stopAll(): void {
    for (const agent of this.#timers.keys()) this.stop(agent)
  }
}

const heartbeats = new Heartbeats()

function runAgent(): { id: string; state: string } {
  const agent = { id: randomUUID(), state: 'running' }
  heartbeats.start(agent.id)
  agent.state = 'stopped'
  return agent
}

const scenario: Scenario = () => runAgent()

export const close = (): void => heartbeats.stopAll()

export default scenario
