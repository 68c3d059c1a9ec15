/** Each workspace opens its database and files it by its name. Forgetting a workspace empties the tables, and leaves the database open. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['open'], retainer: 'databases', counter: 'fds' }

const folder = mkdtempSync(join(tmpdir(), 'oakum-corpus-'))
const file = join(folder, 'workspaces.db')

class Workspaces {
  readonly #databases = new Map<string, DatabaseSync>()

  open(name: string): void {
    const database = new DatabaseSync(file) // leaks here
    database.exec('PRAGMA synchronous = off; CREATE TABLE IF NOT EXISTS notes (text TEXT)')
    this.#databases.set(name, database)
  }

  forget(name: string): void {
    this.#databases.get(name)?.exec('DELETE FROM notes')
  }

  close(): void {
    for (const database of this.#databases.values()) database.close()
  }
}

const workspaces = new Workspaces()

const scenario: Scenario = () => {
  const name = randomUUID()
  workspaces.open(name)
  workspaces.forget(name)
}

export const options = { warmup: 20, iterations: 240 }

export const close = (): void => {
  workspaces.close()
  rmSync(folder, { recursive: true })
}

export default scenario
