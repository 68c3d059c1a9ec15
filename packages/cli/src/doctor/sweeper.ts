import type { Fleet, Orphan } from '@oakum/core/fleet'
import type { Repair } from './finding.ts'

type Lease = Pick<Orphan, 'agentId' | 'epoch'>

/** Has vanished agents reclaimed: one sweep for all of them, and one more for each that is tried again. One after the other. */
export class Sweeper {
  readonly #fleet: Fleet
  #turn: Promise<unknown> = Promise.resolve()
  #hasSwept = false
  /** What all sweeps found, the latest last. */
  readonly #orphans: Orphan[] = []

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** The repair of one lease; with `retry` of one in quarantine. */
  repair(lease: Lease, { retry = false }: { retry?: boolean } = {}): ReturnType<Repair> {
    const mine = this.#turn.then(() => this.#repair(lease, retry))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #repair({ agentId, epoch }: Lease, retry: boolean): ReturnType<Repair> {
    if (retry) await this.#fleet.retry(agentId)
    if (retry || !this.#hasSwept) this.#orphans.push(...(await this.#fleet.coordinator().sweep()).orphans)
    this.#hasSwept = true
    const agents = await this.#fleet.agents()
    if (!agents.some(agent => agent.id === agentId && agent.epoch === epoch)) return undefined
    const orphan = this.#orphans.findLast(other => other.agentId === agentId && other.epoch === epoch)
    return orphan?.error ?? 'it is held back for now; `oakum sweep --force` does not wait'
  }
}
