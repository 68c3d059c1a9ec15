import type { Diagnosis, Finding } from './finding.ts'

/** A finding, and what became of it. */
export interface Outcome extends Finding {
  /** Null when nothing was tried: not asked for, or nothing that Oakum could do. */
  fixed: boolean | null
  /** Why the repair did not do it. */
  error?: string
}

export interface RepairOptions {
  /** Whether also what somebody may miss is ended. */
  foreign: boolean
  /** Whether the findings are those of processes that were named: then also what somebody seems to use is ended. */
  named: boolean
}

/** Repairs what can be, all at once. One repair that fails stops none of the others. */
export function repairAll(diagnoses: readonly Diagnosis[], options: RepairOptions): Promise<Outcome[]> {
  return Promise.all(
    diagnoses.map(async diagnosis => {
      const { finding, repair } = diagnosis
      if (repair === null || !mayRepair(finding, options)) return untouched(diagnosis)
      const error = await repair().catch((thrown: unknown) =>
        thrown instanceof Error ? thrown.message : String(thrown),
      )
      return { ...finding, fixed: error === undefined, ...(error === undefined ? {} : { error }) }
    }),
  )
}

/** A finding that nothing was done about. */
export function untouched({ finding }: Diagnosis): Outcome {
  return { ...finding, fixed: null }
}

/** Whether something is still left over or damaged, or refused to go. */
export function isOpen({ severity, fixed }: Outcome): boolean {
  return fixed === false || (severity === 'problem' && fixed !== true)
}

function mayRepair({ repairedBy }: Finding, { foreign, named }: RepairOptions): boolean {
  return repairedBy === 'fix' || named || (repairedBy === 'orphans' && foreign)
}
