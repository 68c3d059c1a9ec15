/** The log of each session is opened as a FileHandle and filed by the session's id. The session's end forgets to close it. */
import { randomUUID } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['start'], retainer: 'files', counter: 'fds' }

class SessionLogs {
  readonly #files = new Map<string, FileHandle>()

  async start(session: string): Promise<void> {
    const file = await open(devNull, 'a')
    this.#files.set(session, file) // leaks here
    await file.write('session started\n')
  }

  async end(session: string): Promise<void> {
    await this.#files.get(session)?.write('session ended\n')
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close()
    this.#files.clear()
  }
}

const logs = new SessionLogs()

const scenario: Scenario = async () => {
  const session = randomUUID()
  await logs.start(session)
  await logs.end(session)
}

export const options = { warmup: 20, iterations: 480 }

export const close = (): Promise<void> => logs.close()

export default scenario
