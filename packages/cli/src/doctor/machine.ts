/**
 * What one look at the machine and the store shows, for all checks: they judge the same moment.
 *
 * Nobody's left-overs: what somebody kept (`oakum keep`) and the processes of living agents, with everything below both; this
 * command and what runs it; what runs in another pid namespace.
 */
import type { AgentRecord, Fleet, LeaseRef, OwnedResource } from '@oakum/core/fleet'
import {
  detailsOf,
  identityOf,
  isAlive,
  marksOf,
  ownerOf,
  ProcessTable,
  ProcessTree,
  readMemory,
  startedBefore,
  type ProcessDetails,
  type ProcessIdentity,
  type ProcessInfo,
  type TreeOptions,
} from '@oakum/core/process'
import type { FoundProcess } from './finding.ts'
import { isAmong, wantedProcesses, type Wanted } from './wanted.ts'
import { programOf, titleOf, type Program } from '../program/program.ts'

/** An agent that the store knows, in whatever phase, and what it holds. */
export interface Holder {
  agent: AgentRecord
  resources: readonly OwnedResource[]
}

export class Machine {
  readonly table: ProcessTable
  readonly holders: readonly Holder[]
  readonly #wanted: Wanted
  readonly #details = new Map<number, ProcessDetails | null>()
  /** Marks that some lease of the store owns. */
  readonly #leased = new Set<string>()
  /** This command runs in what carries these. */
  readonly #own: ReadonlySet<string> = new Set(marksOf(process.env))

  private constructor(table: ProcessTable, holders: readonly Holder[], wanted: Wanted) {
    this.table = table
    this.holders = holders
    this.#wanted = wanted
    for (const { resources } of holders) {
      for (const { data } of resources) if (typeof data.mark === 'string') this.#leased.add(data.mark)
    }
  }

  /** @param fleet Null where there is no store. */
  static async look(fleet: Fleet | null): Promise<Machine> {
    const agents = (await fleet?.agents()) ?? []
    const holders = await Promise.all(
      agents.map(async agent => ({ agent, resources: (await fleet?.resources(agent)) ?? [] })),
    )
    const wanted = await wantedProcesses(fleet)
    // The table last: what agents that came meanwhile have started carries the mark of an owner that lives.
    return new Machine(ProcessTable.read(), holders, wanted)
  }

  /** Everything that lives, threads of the kernel left out. */
  *living(): Generator<ProcessInfo> {
    for (const row of this.table) if (!row.kernel && row.state !== 'zombie') yield row
  }

  holderOf({ id, epoch }: LeaseRef): Holder | undefined {
    return this.holders.find(({ agent }) => agent.id === id && agent.epoch === epoch)
  }

  /** Null when it is gone, or may not be read. */
  details(row: ProcessInfo): ProcessDetails | null {
    let details = this.#details.get(row.pid)
    if (details === undefined) this.#details.set(row.pid, (details = detailsOf(identityOf(row))))
    return details
  }

  program(row: ProcessInfo): Program | null {
    return programOf(this.details(row)?.arguments ?? [])
  }

  /** Whether nobody answers any more for what carries a mark: no lease has it, and whoever made it is known to be gone. */
  isAbandoned(mark: string): boolean {
    if (this.#leased.has(mark) || this.#own.has(mark)) return false
    const owner = ownerOf(mark)
    return owner !== null && !isAlive(owner)
  }

  isKept(identity: ProcessIdentity): boolean {
    return isAmong(this.#wanted.kept, identity)
  }

  /**
   * Whether it may come from what was kept, and is spared with it. Of a process that has ended nobody can tell what it started;
   * one that lives has passed its marks on.
   */
  mayComeFromKept(row: ProcessInfo): boolean {
    const marks = this.table.marksOf(row.pid)
    return this.#wanted.kept.some(
      kept =>
        !isOlder(row, kept) && (!isAlive(kept) || this.table.marksOf(kept.pid).some(mark => marks.includes(mark))),
    )
  }

  /** The living members of a tree, without what is nobody's left-over. */
  members(options: TreeOptions): readonly ProcessInfo[] {
    const keep = (identity: ProcessIdentity): boolean => this.isKept(identity) || isAmong(this.#wanted.agents, identity)
    return new ProcessTree({ ...options, keep }).look(this.table).members
  }

  /** What to tell of processes, and their memory together. */
  async describe(rows: readonly ProcessInfo[]): Promise<{
    processes: FoundProcess[]
    age: number | null
    memory: number | null
  }> {
    const bytes = await readMemory(rows.map(({ pid }) => pid))
    // A parent is older than its children; of equal ones the first pid is the first, but for pids that begin anew.
    const byAge = rows.toSorted((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid)
    const processes = byAge.map(row => {
      const program = this.program(row)
      return {
        identity: identityOf(row),
        program: program === null ? row.name : titleOf(program),
        age: this.details(row)?.age ?? null,
        memory: bytes.get(row.pid)?.bytes ?? null,
      }
    })
    const ages = processes.flatMap(({ age }) => age ?? [])
    const known = processes.flatMap(({ memory }) => memory ?? [])
    return {
      processes,
      age: ages.length === 0 ? null : Math.max(...ages),
      memory: known.length === 0 ? null : known.reduce((sum, next) => sum + next, 0),
    }
  }
}

/** Start times are told in hundredths of a second; of equal ones the lower pid is the older, but for pids that begin anew. */
function isOlder(row: ProcessInfo, other: ProcessIdentity): boolean {
  return startedBefore(row, other) || (row.startTime === other.startTime && row.pid < other.pid)
}
