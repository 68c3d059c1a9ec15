import type { Fleet } from '@oakum/core/fleet'
import { findBlockedSignals } from './blocked-signals.ts'
import type { Diagnosis } from './finding.ts'
import { findLeftProcesses } from './left-processes.ts'
import { Machine } from './machine.ts'
import { findOrphanedPrograms } from './orphaned-programs.ts'
import { findExposedFiles, findUnreadableRecords } from './store-files.ts'
import { findVanishedAgents } from './vanished-agents.ts'

export interface ExamineOptions {
  url: string
  /** Null where there is no store, or none that can be used. */
  fleet: Fleet | null
  /** Only what one of these processes belongs to. @default everything */
  only?: ReadonlySet<number>
}

/** Everything that is left over, on this machine and in the store. */
export async function examine({ url, fleet, only }: ExamineOptions): Promise<Diagnosis[]> {
  const machine = await Machine.look(fleet)
  const diagnoses = [
    ...(fleet === null ? [] : await findVanishedAgents(machine, fleet)),
    ...(await findLeftProcesses(machine, fleet)),
    ...(await findOrphanedPrograms(machine, fleet)),
    ...(await findBlockedSignals(machine)),
    ...(fleet === null ? [] : findExposedFiles(url)),
    ...(fleet === null ? [] : await findUnreadableRecords(fleet)),
  ]
  if (only === undefined) return diagnoses
  return diagnoses.filter(({ finding }) => finding.processes.some(({ identity }) => only.has(identity.pid)))
}
