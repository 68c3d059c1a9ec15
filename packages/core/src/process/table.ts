import { marksIn } from './marker.ts'
import { platform } from './platform/platform.ts'
import type { ProcessInfo } from './platform/process-info.ts'

/**
 * All processes that this one may see, at one moment. On Linux about 6 µs per process.
 *
 * The system is read process by process: one that forks and ends while it is read can hide its child from this table, though
 * hardly from the next one too. Who needs to know that nothing is left looks twice.
 */
export class ProcessTable implements Iterable<ProcessInfo> {
  readonly #rows = new Map<number, ProcessInfo>()
  readonly #children = new Map<number, ProcessInfo[]>()
  readonly #groups = new Map<number, ProcessInfo[]>()
  #marks: Map<number, string[]> | undefined
  #carriers: ReadonlyMap<string, readonly ProcessInfo[]> | undefined

  constructor(rows: readonly ProcessInfo[]) {
    for (const row of rows) {
      this.#rows.set(row.pid, row)
      push(this.#children, row.ppid, row)
      push(this.#groups, row.pgid, row)
      if (row.session !== row.pgid) push(this.#groups, row.session, row)
    }
  }

  /** Reads the system now. */
  static read(): ProcessTable {
    return new ProcessTable(platform.readAll())
  }

  /** Every process. */
  [Symbol.iterator](): Iterator<ProcessInfo> {
    return this.#rows.values()
  }

  get size(): number {
    return this.#rows.size
  }

  get(pid: number): ProcessInfo | undefined {
    return this.#rows.get(pid)
  }

  childrenOf(pid: number): readonly ProcessInfo[] {
    return this.#children.get(pid) ?? []
  }

  /** Who is in the process group or in the session of that number. */
  inGroup(group: number): readonly ProcessInfo[] {
    return this.#groups.get(group) ?? []
  }

  /** Who carries the mark in its environment. The first call per table reads all environments, about 5 µs each. */
  carriersOf(mark: string): readonly ProcessInfo[] {
    this.#carriers ??= this.#groupByMark()
    return this.#carriers.get(mark) ?? []
  }

  /** The marks that a process carries, outermost first. The first call per table costs as that of `carriersOf`. */
  marksOf(pid: number): readonly string[] {
    this.#marks ??= this.#readMarks()
    return this.#marks.get(pid) ?? []
  }

  #readMarks(): Map<number, string[]> {
    const all = new Map<number, string[]>()
    // The youngest first: they were read last, and one that forks and ends all the time is still there.
    for (const row of Array.from(this.#rows.values()).toReversed()) {
      const environment = row.kernel || row.state === 'zombie' ? null : platform.environment(row.pid)
      const marks = environment === null ? [] : marksIn(environment)
      if (marks.length > 0) all.set(row.pid, marks)
    }
    return all
  }

  #groupByMark(): Map<string, ProcessInfo[]> {
    this.#marks ??= this.#readMarks()
    const carriers = new Map<string, ProcessInfo[]>()
    for (const [pid, marks] of this.#marks) {
      const row = this.#rows.get(pid)
      if (row) for (const mark of marks) push(carriers, mark, row)
    }
    return carriers
  }
}

function push<K>(lists: Map<K, ProcessInfo[]>, key: K, row: ProcessInfo): void {
  const list = lists.get(key)
  if (list) list.push(row)
  else lists.set(key, [row])
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
