import { hasMark } from './marker.ts'
import { platform } from './platform/platform.ts'
import type { ProcessInfo } from './platform/process-info.ts'

/**
 * All processes that this one may see, at one moment. On Linux about 6 µs per process.
 *
 * The system is read process by process: one that forks and ends while it is read can hide its child from this table, but not
 * from the next one. Who needs to know that nothing is left looks twice.
 */
export class ProcessTable {
  readonly #rows = new Map<number, ProcessInfo>()
  readonly #children = new Map<number, ProcessInfo[]>()
  readonly #environments = new Map<number, string | null>()

  constructor(rows: readonly ProcessInfo[]) {
    for (const row of rows) {
      this.#rows.set(row.pid, row)
      const siblings = this.#children.get(row.ppid)
      if (siblings) siblings.push(row)
      else this.#children.set(row.ppid, [row])
    }
  }

  /** Reads the system now. */
  static read(): ProcessTable {
    return new ProcessTable(platform.readAll())
  }

  get size(): number {
    return this.#rows.size
  }

  get(pid: number): ProcessInfo | undefined {
    return this.#rows.get(pid)
  }

  rows(): Iterable<ProcessInfo> {
    return this.#rows.values()
  }

  childrenOf(pid: number): readonly ProcessInfo[] {
    return this.#children.get(pid) ?? []
  }

  /** Whether the process carries the mark in its environment, which is read at most once per table. About 5 µs. */
  carries(row: ProcessInfo, mark: string): boolean {
    if (row.kernel || row.state === 'zombie') return false
    let environment = this.#environments.get(row.pid)
    if (environment === undefined) {
      environment = platform.environment(row.pid)
      this.#environments.set(row.pid, environment)
    }
    return environment !== null && hasMark(environment, mark)
  }
}

let next: Promise<ProcessTable> | undefined

/**
 * A table read after this call, shared by all who asked in the same turn of the event loop: a hundred trees that end together
 * look once.
 */
export function nextTable(): Promise<ProcessTable> {
  next ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      next = undefined
      try {
        resolve(ProcessTable.read())
      } catch (error) {
        reject(error)
      }
    })
  })
  return next
}
