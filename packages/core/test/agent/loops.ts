/** Loops for tests: each is terminated with its test, after which none may be active. */
import { afterEach, expect } from 'vitest'
import { AgentLoop, type AgentLoopOptions, type RunEvent } from '../../src/agent/index.ts'

const loops: AgentLoop[] = []

/** To be called once at the top of a test file. */
export function terminateLoops(): void {
  afterEach(async () => {
    await Promise.all(loops.splice(0).map(loop => loop.terminate()))
    expect(AgentLoop.counts.active).toBe(0)
  })
}

export function openLoop(options: AgentLoopOptions): AgentLoop {
  const loop = new AgentLoop(options)
  loops.push(loop)
  return loop
}

export async function eventsOf(run: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of run) events.push(event)
  return events
}

/** What a loop without a run holds. */
export const NOTHING_HELD = { streams: 0, timers: 0, listeners: 0, processes: 0, pendingCalls: 0 }
