/**
 * A database per iteration, with statements prepared in it, closed at its end.
 *
 * Looks like a leak: statements have no close of their own, and hold their database.
 */
import { DatabaseSync } from 'node:sqlite'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const scenario: Scenario = ({ iteration }) => {
  const database = new DatabaseSync(':memory:')
  try {
    database.exec('CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT)')
    const insert = database.prepare('INSERT INTO visits (page) VALUES (?)')
    for (let visit = 0; visit < 3; visit++) insert.run(`/page/${iteration}`)
    return database.prepare('SELECT count(*) AS visits FROM visits').get()
  } finally {
    database.close()
  }
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
