/**
 * Which agents a process belongs to.
 *
 * Each process has one home: the agents that live in it, else the nearest agent above it. Several agents share it only when they
 * live in one process, or when it is a child of such a process and carries none of their marks.
 *
 * In this order:
 * 1. What was kept, and all below it, belongs to nobody.
 * 2. A process that agents live in, or took into their lease by name, is theirs.
 * 3. One that carries a mark which its parent does not carry belongs to the agent of the innermost such mark.
 * 4. A child of a process that has a home belongs there.
 * 5. One that lost its parent is still whose it was; one that nobody saw before, that of its innermost mark.
 */
import { startedBefore, type ProcessIdentity } from '../../process/identity.ts'
import { IdentitySet } from '../../process/identity-set.ts'
import type { ProcessInfo } from '../../process/platform/process-info.ts'
import type { ProcessTable } from '../../process/table.ts'

/** An agent of this host, and what its processes are found by. */
export interface LocalAgent {
  /** See `nameOf`. */
  name: string
  /** The process that it lives in, and those it took into its lease. */
  roots: readonly ProcessIdentity[]
  marks: readonly string[]
  /** See `AgentRecord.heap`. */
  heap: number | null
}

export interface HomeOptions {
  agents: readonly LocalAgent[]
  kept: readonly ProcessIdentity[]
  /** Whose each process was at the look before, by `keyOf`. */
  before: ReadonlyMap<string, readonly string[]>
}

/** A process and the names of its agents, one at least. */
export interface Housed {
  row: ProcessInfo
  owners: readonly string[]
}

/** All processes of a table that belong to agents. */
export function findHomes(table: ProcessTable, options: HomeOptions): Housed[] {
  const homes = new Homes(table, options)
  const housed: Housed[] = []
  for (const row of table) {
    if (row.kernel || row.state === 'zombie') continue
    const owners = homes.of(row)
    if (owners.length > 0) housed.push({ row, owners })
  }
  return housed
}

/** A process as a key of maps, while this machine is up. */
export function keyOf({ pid, startTime }: Pick<ProcessInfo, 'pid' | 'startTime'>): string {
  return `${pid}:${startTime}`
}

const NOBODY: readonly string[] = []
/** Likewise nobody's, and all below it is as well. */
const KEPT: readonly string[] = []

class Homes {
  readonly #table: ProcessTable
  readonly #kept: IdentitySet
  readonly #before: HomeOptions['before']
  readonly #residents = new Map<string, string[]>()
  readonly #byMark = new Map<string, string>()
  readonly #names: ReadonlySet<string>
  readonly #found = new Map<number, readonly string[]>()

  constructor(table: ProcessTable, { agents, kept, before }: HomeOptions) {
    this.#table = table
    this.#kept = new IdentitySet(kept)
    this.#before = before
    this.#names = new Set(agents.map(({ name }) => name))
    for (const { name, roots, marks } of agents) {
      for (const key of new Set(roots.map(keyOf))) {
        this.#residents.set(key, [...(this.#residents.get(key) ?? []), name])
      }
      for (const mark of marks) this.#byMark.set(mark, name)
    }
  }

  of(row: ProcessInfo): readonly string[] {
    const found = this.#found.get(row.pid)
    if (found !== undefined) return found
    this.#found.set(row.pid, NOBODY) // a table that was read while processes ended could lead in a circle
    const home = this.#find(row)
    this.#found.set(row.pid, home)
    return home
  }

  #find(row: ProcessInfo): readonly string[] {
    if (this.#kept.has(row)) return KEPT
    const residents = this.#residents.get(keyOf(row))
    const above = this.#table.get(row.ppid)
    // A child cannot be older than its parent: then the parent's pid is somebody else's by now.
    const parent = above === undefined || startedBefore(row, above) ? undefined : above
    const inherited = parent === undefined ? NOBODY : this.of(parent)
    if (inherited === KEPT) return residents ?? KEPT
    return residents ?? this.#byOwnMark(row, parent) ?? (inherited.length > 0 ? inherited : this.#byPast(row))
  }

  /** By a mark that it did not get from its parent. */
  #byOwnMark(row: ProcessInfo, parent: ProcessInfo | undefined): readonly string[] | undefined {
    if (parent === undefined) return undefined
    const marks = this.#table.marksOf(row.pid)
    const inherited = this.#table.marksOf(parent.pid)
    return this.#innermost(marks.filter(mark => !inherited.includes(mark)))
  }

  #byPast(row: ProcessInfo): readonly string[] {
    const before = this.#before.get(keyOf(row))?.filter(name => this.#names.has(name)) ?? NOBODY
    return before.length > 0 ? before : (this.#innermost(this.#table.marksOf(row.pid)) ?? NOBODY)
  }

  #innermost(marks: readonly string[]): readonly string[] | undefined {
    const mark = marks.findLast(each => this.#byMark.has(each))
    const name = mark === undefined ? undefined : this.#byMark.get(mark)
    return name === undefined ? undefined : [name]
  }
}
