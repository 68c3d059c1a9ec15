/**
 * Which processes belong to a tree. It is found in four ways, because each alone misses some:
 *
 * | way | misses |
 * |---|---|
 * | walk over parents, from every member | what was re-parented between two looks |
 * | process group and session of the root, when it leads them | what called setsid |
 * | what earlier looks remembered | what came and went apart between them |
 * | the mark in the environment | `env -i`, and what we may not read |
 *
 * Invariants:
 * - A pid counts only with its start time: a reused one is never a member.
 * - Group and session numbers count only while something known to be of the tree still has them.
 * - This process, its ancestors, PID 1 and threads of the kernel are never members, nor is what started before `youngerThan`.
 *   The walk does not pass through them.
 * - What `keep` names is spared, and so is everything below it: the shells of a kept tmux server are its user's.
 */
import type { ProcessIdentity } from './identity.ts'
import { identityOf, isLocal, startedBefore } from './identity.ts'
import { IdentitySet } from './identity-set.ts'
import type { ProcessInfo } from './platform/process-info.ts'
import type { ProcessTable } from './table.ts'

/** What a tree is found by, and what of it is spared. At least one of the first four is needed to find anything. */
export interface TreeOptions {
  /** The topmost process. It need not be alive any more. */
  root?: ProcessIdentity
  /** A mark that the tree's processes carry; see `newMark`. */
  mark?: string
  /**
   * A process group that is known to be the tree's at this moment, for one whose leader is gone.
   * @default the root's, when it leads one
   */
  group?: number
  /** Members that earlier looks found. */
  remembered?: Iterable<ProcessIdentity>
  /** Nothing that started before this process is a member. */
  youngerThan?: ProcessIdentity
  /** Spares a process, and everything below it. Called for each process found, at every look. */
  keep?: (process: ProcessIdentity) => boolean
}

/** Why a process that looks like a member is left alone. `own` is this process or an ancestor of it. */
export type SparedWhy = 'kept' | 'below kept' | 'older' | 'own'

/** What one look found. */
export interface TreeLook {
  /** Living members, the root first. */
  members: ProcessInfo[]
  /** Members that have ended and wait to be collected by their parent. */
  zombies: ProcessInfo[]
  spared: { process: ProcessInfo; why: SparedWhy }[]
}

/** A tree of processes, followed over several looks. Holds nothing but the identities of its living members. */
export class ProcessTree {
  readonly #options: TreeOptions
  readonly #known: IdentitySet
  readonly #shielded = new IdentitySet()
  #trustedGroup: number | undefined

  constructor(options: TreeOptions) {
    this.#options = options
    this.#known = new IdentitySet([...(options.remembered ?? [])].filter(isLocal))
    this.#trustedGroup = options.group
  }

  /** The members that the last look found. */
  remembered(): ProcessIdentity[] {
    return [...this.#known]
  }

  /** What the last looks spared because it was below something kept. */
  shielded(): ProcessIdentity[] {
    return [...this.#shielded]
  }

  /** Vouches for the root's group for one more look: its leader has only just ended. */
  trustGroup(): void {
    this.#trustedGroup = this.#options.root?.pid
  }

  /** Finds all members in a table, and remembers them. */
  look(table: ProcessTable): TreeLook {
    const barrier = new Map<number, SparedWhy>()
    const found = this.#find(table, barrier)
    const shielded = this.#shield(table, barrier)
    const look: TreeLook = { members: [], zombies: [], spared: [] }
    for (const row of found) {
      const why = barrier.get(row.pid) ?? (shielded.has(row.pid) ? 'below kept' : undefined)
      if (row.state === 'zombie') look.zombies.push(row)
      else if (why) look.spared.push({ process: row, why })
      else look.members.push(row)
    }
    for (const row of [...look.members, ...look.zombies]) this.#known.add(row)
    return look
  }

  /** Seeds and everything below them. Fills in which of them may not be touched, and are not walked through. */
  #find(table: ProcessTable, barrier: Map<number, SparedWhy>): Iterable<ProcessInfo> {
    const own = ancestry(table)
    const found = new Map<number, ProcessInfo>()
    const add = (row: ProcessInfo): void => {
      if (row.kernel || found.has(row.pid)) return
      found.set(row.pid, row)
      const why = this.#spares(row, own)
      if (why) barrier.set(row.pid, why)
    }
    for (const row of this.#seeds(table)) add(row)
    // A map may grow while it is iterated, and what is added is visited too.
    for (const row of found.values()) {
      if (barrier.has(row.pid)) continue
      // A child cannot be older than its parent, so a reused pid adopts no strangers.
      for (const child of table.childrenOf(row.pid)) if (!startedBefore(child, row)) add(child)
    }
    return found.values()
  }

  #seeds(table: ProcessTable): ProcessInfo[] {
    const { root, mark } = this.#options
    const seeds: ProcessInfo[] = []
    const rootRow = root && isLocal(root) ? table.get(root.pid) : undefined
    if (rootRow && rootRow.startTime === root?.startTime) seeds.push(rootRow)
    seeds.push(...this.#known.still(table))
    if (mark !== undefined) seeds.push(...table.carriersOf(mark))
    const group = this.#group(seeds, table)
    if (group !== undefined) seeds.push(...table.inGroup(group))
    return seeds
  }

  /** The number of the root's group and session, while somebody vouches for it. */
  #group(seeds: readonly ProcessInfo[], table: ProcessTable): number | undefined {
    const { root } = this.#options
    const group = this.#options.group ?? root?.pid
    const trusted = this.#trustedGroup
    this.#trustedGroup = undefined
    if (group === undefined || group <= 1) return undefined
    // Whoever has the root's pid now leads a group that got the number anew.
    const leader = group === root?.pid ? table.get(group) : undefined
    if (leader !== undefined && leader.startTime !== root?.startTime) return undefined
    return group === trusted || seeds.some(row => isIn(group, row)) ? group : undefined
  }

  #spares(row: ProcessInfo, own: ReadonlySet<number>): SparedWhy | undefined {
    const { youngerThan, keep } = this.#options
    if (own.has(row.pid)) return 'own'
    if (youngerThan && isLocal(youngerThan) && startedBefore(row, youngerThan)) return 'older'
    return keep?.(identityOf(row)) ? 'kept' : undefined
  }

  /** Everything below what is kept, also what has left its parent since. */
  #shield(table: ProcessTable, barrier: ReadonlyMap<number, SparedWhy>): ReadonlySet<number> {
    const shielded = new Set<number>()
    for (const row of this.#shielded.still(table)) shielded.add(row.pid)
    const tops = new Set(shielded)
    for (const [pid, why] of barrier) if (why === 'kept') tops.add(pid)
    // As above: what is added to a set while it is iterated is visited too.
    for (const pid of tops) {
      for (const child of table.childrenOf(pid)) {
        tops.add(child.pid)
        shielded.add(child.pid)
        this.#shielded.add(child)
      }
    }
    return shielded
  }
}

function isIn(group: number, row: ProcessInfo): boolean {
  return row.pgid === group || row.session === group
}

/** This process, its ancestors and PID 1. */
function ancestry(table: ProcessTable): ReadonlySet<number> {
  const own = new Set([1])
  for (let pid = process.pid; pid > 0 && !own.has(pid); pid = table.get(pid)?.ppid ?? 0) own.add(pid)
  return own
}
