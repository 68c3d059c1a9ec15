/** Statements are prepared once and cached by their text. The text has the value in it, so each query prepares, and caches, a new one. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['prepare', 'length'], retainer: 'statements' }

class NoteStore {
  readonly #database = new DatabaseSync(':memory:')
  readonly #statements = new Map<string, StatementSync>()

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql) // leaks here
    this.#statements.set(sql, statement)
    return statement
  }

  length(id: number): unknown {
    return this.#prepare(`SELECT length('note ${id}') AS length`).get() // leaks here
  }
}

const notes = new NoteStore()
let lastId = 0

const scenario: Scenario = () => notes.length(++lastId)

export default scenario
