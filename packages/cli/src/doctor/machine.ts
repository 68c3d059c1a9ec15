/**
 * What one look at the machine and the store shows, for all checks: they judge the same moment.
 *
 * What somebody kept (`oakum keep`), and everything below it, is nobody's left-over; nor is this command, what runs it, or what
 * runs in another pid namespace.
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
  sameProcess,
  type ProcessDetails,
  type ProcessIdentity,
  type ProcessInfo,
  type TreeOptions,
} from '@oakum/core/process'
import type { FoundProcess } from './finding.ts'
import { programOf, titleOf, type Program } from '../program/program.ts'

/** An agent that the store knows, in whatever phase, and what it holds. */
export interface Holder {
  agent: AgentRecord
  resources: readonly OwnedResource[]
}

export class Machine {
  readonly table: ProcessTable
  readonly holders: readonly Holder[]
  readonly #kept: readonly ProcessIdentity[]
  readonly #details = new Map<number, ProcessDetails | null>()
  /** Marks that some lease of the store owns. */
  readonly #leased = new Set<string>()
  /** This command runs in what carries these. */
  readonly #own: ReadonlySet<string> = new Set(marksOf(process.env))

  private constructor(table: ProcessTable, holders: readonly Holder[], kept: readonly ProcessIdentity[]) {
    this.table = table
    this.holders = holders
    this.#kept = kept
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
    const kept = (await fleet?.kept()) ?? []
    // The table last: what agents that came meanwhile have started carries the mark of an owner that lives.
    return new Machine(ProcessTable.read(), holders, kept)
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
    return this.#kept.some(kept => sameProcess(kept, identity))
  }

  /** The living members of a tree, without what is spared. */
  members(options: TreeOptions): readonly ProcessInfo[] {
    return new ProcessTree({ ...options, keep: identity => this.isKept(identity) }).look(this.table).members
  }

  /** What to tell of processes, and their memory together. */
  async describe(rows: readonly ProcessInfo[]): Promise<{
    processes: FoundProcess[]
    age: number | null
    memory: number | null
  }> {
    const bytes = await readMemory(rows.map(({ pid }) => pid))
    const processes = rows.map(row => {
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
