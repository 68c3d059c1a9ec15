/** A pool makes a connection when none is idle. A query that fails returns before the release, so the next one needs a new connection. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['acquire', 'Connection'], retainer: 'busy' }

class Connection {
  readonly prepared = new Map<string, string>() // leaks here
  queries = 0

  query(sql: string): boolean {
    this.queries += 1
    return sql.startsWith('SELECT')
  }
}

class ConnectionPool {
  readonly #idle: Connection[] = []
  readonly #busy = new Set<Connection>()

  acquire(): Connection {
    const connection = this.#idle.pop() ?? new Connection() // leaks here
    this.#busy.add(connection)
    return connection
  }

  release(connection: Connection): void {
    if (this.#busy.delete(connection)) this.#idle.push(connection)
  }
}

const pool = new ConnectionPool()

function query(sql: string): boolean {
  const connection = pool.acquire()
  if (!connection.query(sql)) return false
  pool.release(connection)
  return true
}

const scenario: Scenario = () => [query('SELECT 1'), query('SELEKT 1')]

export default scenario
