import type { ProcessIdentity } from './identity.ts'
import { identityOf } from './identity.ts'
import type { ProcessInfo } from './platform/process-info.ts'
import type { ProcessTable } from './table.ts'

/** Processes remembered from one look to the next. A pid that was reused is not in it. */
export class IdentitySet implements Iterable<ProcessIdentity> {
  readonly #identities = new Map<number, ProcessIdentity>()

  constructor(identities: Iterable<ProcessIdentity> = []) {
    for (const identity of identities) this.#identities.set(identity.pid, identity)
  }

  has(row: ProcessInfo): boolean {
    return this.#identities.get(row.pid)?.startTime === row.startTime
  }

  add(row: ProcessInfo): void {
    this.#identities.set(row.pid, identityOf(row))
  }

  /** The rows of those that are still in the table; the others are forgotten, so the set never outgrows the living. */
  still(table: ProcessTable): ProcessInfo[] {
    const rows: ProcessInfo[] = []
    for (const pid of this.#identities.keys()) {
      const row = table.get(pid)
      if (row && this.has(row)) rows.push(row)
      else this.#identities.delete(pid)
    }
    return rows
  }

  [Symbol.iterator](): Iterator<ProcessIdentity> {
    return this.#identities.values()
  }
}
