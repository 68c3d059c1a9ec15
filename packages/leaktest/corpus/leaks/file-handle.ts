/** The log of each session is opened as a FileHandle and filed by the session's id. The session's end forgets to close it. */
import { randomUUID } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['start'], retainer: 'files', counter: 'fds' }

class SessionLogs {
  readonly #files = new Map<string, { readonly file: FileHandle; readonly openedAt: number }>()

  async start(): Promise<string> {
    const session = randomUUID() // leaks here
    const file = await open(devNull, 'a') // leaks here
    this.#files.set(session, { file, openedAt: Date.now() }) // leaks here
    await file.write('session started\n')
    return session
  }

  async end(session: string): Promise<void> {
    await this.#files.get(session)?.file.write('session ended\n')
  }

  async close(): Promise<void> {
    for (const { file } of this.#files.values()) await file.close()
    this.#files.clear()
  }
}

const logs = new SessionLogs()

const scenario: Scenario = async () => logs.end(await logs.start())

export const options = { warmup: 20, iterations: 480 }

export const close = (): Promise<void> => logs.close()

export default scenario
