/**
 * Agents whose process was not started by Oakum and knows nothing of it: nobody inside beats.
 *
 * A beat proves that a process lives. For these, everybody who looks after the host can prove it by pid, start time and boot,
 * and better than a program beside it could. So no such program is there: each coordinator of the host beats for them.
 *
 * Invariants:
 * - While its process lives, no sweep of its host ends the lease for silence: the beat comes before the claim.
 * - Where nobody looks, the lease runs out, and nobody claims it either; the next to look finds the process, and beats.
 * - Its end is found as any other death: within a second by a coordinator, else by the next sweep.
 */
import type { ProcessIdentity } from '../process/identity.ts'
import type { AgentRecord, LeaseRef } from './records.ts'
import type { RegisterOptions } from './register-options.ts'
import type { CallOptions, FleetStore } from './store.ts'

const LABEL = 'oakum.adopted'

/** Beats per lease: one that is lost, or late, ends nothing. */
const BEATS_PER_LEASE = 4

/** What to register an agent with whose process Oakum did not start. Whoever registers it need not stay. */
export function adopted(
  process: ProcessIdentity,
): Pick<RegisterOptions, 'process' | 'ownsProcess' | 'labels' | 'state'> {
  return { process, ownsProcess: true, labels: { [LABEL]: 'true' }, state: 'adopted' }
}

/** Whether the agent's process knows nothing of its lease. */
export function isAdopted({ labels }: Pick<AgentRecord, 'labels'>): boolean {
  return labels[LABEL] === 'true'
}

interface Adopted extends LeaseRef {
  process: ProcessIdentity
  every: number
  dueAt: number
}

/** Beats for adopted agents of this host. */
export class AdoptedBeats {
  readonly #store: FleetStore
  readonly #adopted = new Map<string, Adopted>()

  constructor(store: FleetStore) {
    this.#store = store
  }

  /** Takes note of an agent, if it is an adopted one. */
  learn(record: AgentRecord): void {
    if (!isAdopted(record)) return
    const { id, epoch, process, leaseTtl } = record
    this.#adopted.set(keyOf(record), { id, epoch, process, every: leaseTtl / BEATS_PER_LEASE, dueAt: -Infinity })
  }

  forget(ref: LeaseRef): void {
    this.#adopted.delete(keyOf(ref))
  }

  /** Beats for those whose turn it is. Asks first who still lives: the dead are reported, not beaten for. */
  async beat(lives: (process: ProcessIdentity) => boolean, options: CallOptions): Promise<void> {
    const now = performance.now()
    const due = [...this.#adopted.values()].filter(({ process, dueAt }) => dueAt <= now && lives(process))
    if (due.length === 0) return
    const { fenced } = await this.#store.beat(
      due.map(({ id, epoch }) => ({ id, epoch })),
      options,
    )
    for (const one of due) one.dueAt = now + one.every
    for (const ref of fenced) this.forget(ref)
  }
}

function keyOf({ id, epoch }: LeaseRef): string {
  return `${id} ${epoch}`
}
