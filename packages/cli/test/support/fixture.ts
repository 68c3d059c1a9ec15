import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { FROM_SOURCE } from './oakum.ts'

const AGENT = fileURLToPath(new URL('agent-program.ts', import.meta.url))

/** A store of its own for one test, and agents that are ended with the test. */
export interface Fixture {
  /** URL of the store, which is not there yet. */
  url: string
  folder: string
  /** Starts an agent in a process of its own, and resolves when it is registered. */
  agent(id: string, ...how: ('own' | 'deaf')[]): Promise<ChildProcess>
}

export async function createFixture(): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'oakum-cli-'))
  const url = `sqlite:${join(folder, 'store')}`
  const agents: ChildProcess[] = []
  onTestFinished(async () => {
    for (const agent of agents) agent.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  return {
    url,
    folder,
    async agent(id, ...how) {
      const child = spawn(process.execPath, [...FROM_SOURCE, AGENT, url, id, ...how], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      agents.push(child)
      await once(child.stdout, 'data')
      return child
    },
  }
}
