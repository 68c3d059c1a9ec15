/**
 * Known agent programs that lost their parent: the terminal was closed, or whatever started them crashed.
 *
 * Nobody's mark or lease may be on one, since then somebody answers for it.
 *
 * `nohup claude &` looks the same, and may be wanted: `--fix` leaves them alone unless asked to, and `oakum keep` settles it.
 */
import { identityOf, sameProcess, type ProcessInfo } from '@oakum/core/process'
import { LIVE_PHASES, type Fleet } from '@oakum/core/fleet'
import type { Diagnosis } from './finding.ts'
import { knownAgent } from './known-programs.ts'
import type { Machine } from './machine.ts'
import { isOrphan } from './orphan.ts'
import { endProcesses } from './repair.ts'

export async function findOrphanedPrograms(machine: Machine, fleet: Fleet | null): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = []
  for (const row of machine.living()) {
    const program = machine.program(row)
    const name = program === null ? undefined : knownAgent(program)
    if (name === undefined || !isOrphan(row, machine) || isOwned(row, machine)) continue
    const tree = { root: identityOf(row) }
    const members = machine.members(tree)
    if (members.length === 0) continue // kept, or this command runs in it
    const { processes, age, memory } = await machine.describe(members)
    diagnoses.push({
      finding: {
        code: 'PROGRAM_ORPHANED',
        severity: 'problem',
        what: members.length === 1 ? name : `${name} and ${members.length - 1} more below it`,
        why: `Its parent is gone: process ${row.ppid} has taken it over. It has no terminal, and no lease`,
        remedy: `ends it with --orphans, or when its pid is named; to have it spared: oakum keep ${row.pid}`,
        processes,
        paths: [],
        age,
        memory,
      },
      repair: () => endProcesses(tree, fleet),
      foreign: true,
    })
  }
  return diagnoses
}

/** Whether somebody answers for it: an agent lives in it, or it carries a mark, which is judged elsewhere. */
function isOwned(row: ProcessInfo, machine: Machine): boolean {
  if (machine.table.marksOf(row.pid).length > 0) return true
  const identity = identityOf(row)
  return machine.holders.some(({ agent }) => LIVE_PHASES.includes(agent.phase) && sameProcess(agent.process, identity))
}
