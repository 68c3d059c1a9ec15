import type { ProcessIdentity } from '../../../process/identity.ts'
import { KEPT_AGE } from '../../store-limits.ts'

/** Processes that no reclaim may end. Those of a boot that nothing names any more are forgotten after a while. */
export class KeptProcesses {
  readonly #kept = new Map<string, { process: ProcessIdentity; keptAt: number }>()

  keep({ pid, startTime, bootId }: ProcessIdentity, namesBoot: (bootId: string) => boolean, now: number): void {
    this.#kept.set(`${bootId} ${pid} ${startTime}`, { process: { pid, startTime, bootId }, keptAt: now })
    for (const [name, { process, keptAt }] of this.#kept) {
      if (keptAt <= now - KEPT_AGE && process.bootId !== bootId && !namesBoot(process.bootId)) this.#kept.delete(name)
    }
  }

  of(bootId: string): ProcessIdentity[] {
    const processes = Array.from(this.#kept.values(), ({ process }) => process)
    return structuredClone(processes.filter(process => process.bootId === bootId))
  }
}
