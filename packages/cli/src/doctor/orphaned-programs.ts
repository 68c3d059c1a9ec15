/**
 * Known agent programs that lost their parent: the terminal was closed, or whatever started them crashed.
 *
 * `nohup claude &` looks the same, and may be wanted: `--fix` leaves them alone unless asked to, and `oakum keep` settles it.
 * One that takes connections is most likely a server (`opencode serve`), which needs neither parent nor terminal: it has to be named.
 */
import { identityOf, isListening } from '@oakum/core/process'
import type { Fleet } from '@oakum/core/fleet'
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
    if (name === undefined || !isOrphan(row, machine)) continue
    if (machine.table.marksOf(row.pid).length > 0) continue // judged by its mark
    const tree = { root: identityOf(row) }
    const members = machine.members(tree)
    if (members.length === 0) continue // kept, an agent’s, or this command runs in it
    const { processes, age, memory } = await machine.describe(members)
    const serves = isListening(tree.root) === true
    diagnoses.push({
      finding: {
        code: 'PROGRAM_ORPHANED',
        severity: serves ? 'advice' : 'problem',
        what: members.length === 1 ? name : `${name} and ${members.length - 1} more below it`,
        why: `Its parent is gone: process ${row.ppid} has taken it over. It has no terminal, and no lease${serves ? ', but takes connections: somebody may use it' : ''}`,
        repairedBy: serves ? 'pid' : 'orphans',
        remedy: `ends it; to have it spared: oakum keep ${row.pid}`,
        processes,
        paths: [],
        age,
        memory,
      },
      repair: () => endProcesses(tree, fleet),
    })
  }
  return diagnoses
}
