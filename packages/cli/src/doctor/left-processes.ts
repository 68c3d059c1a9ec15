/**
 * Processes that carry a mark of Oakum's and that nobody answers for: every owner that they name is gone, and no lease of this
 * store has any of their marks.
 *
 * A store other than this one may have kept such a process, and a program without a fleet may have disowned it. So `--fix` ends
 * only what belonged to an agent whose lease ended in this very store; the rest has to be asked for.
 */
import { AGENT_VARIABLE, EPOCH_VARIABLE, type Fleet } from '@oakum/core/fleet'
import { identityOf, ownerOf, variableOf, type ProcessInfo } from '@oakum/core/process'
import { plural } from '../output/plural.ts'
import type { Diagnosis } from './finding.ts'
import type { Machine } from './machine.ts'
import { endProcesses } from './repair.ts'

export async function findLeftProcesses(machine: Machine, fleet: Fleet | null): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = []
  for (const mark of abandonedMarks(machine)) {
    const owner = ownerOf(mark)
    const options = { mark, ...(owner === null ? {} : { youngerThan: owner }) }
    const members = machine.members(options)
    const [first] = members
    if (first === undefined) continue
    const agent = await agentOf(first, fleet)
    const { processes, age, memory } = await machine.describe(members)
    const [they, carry, them] = processes.length === 1 ? ['It', 'carries', 'it'] : ['They', 'carry', 'them']
    diagnoses.push({
      finding: {
        code: 'PROCESS_LEFT',
        severity: 'problem',
        what: `${plural(processes.length, 'process')} of ${agent === null ? 'a program that used Oakum' : `agent ${agent.id}`}`,
        why: `${they} ${carry} a mark of process ${owner?.pid}, which is gone, and no lease has it`,
        repairedBy: agent?.endedHere === true ? 'fix' : 'orphans',
        remedy: `ends ${them}`,
        ...(agent === null ? {} : { agent: agent.id }),
        processes,
        paths: [],
        age,
        memory,
      },
      repair: () => endProcesses(options, fleet),
    })
  }
  return diagnoses
}

/** The outermost mark of each process that carries none but abandoned ones. */
function abandonedMarks(machine: Machine): ReadonlySet<string> {
  const abandoned = new Set<string>()
  for (const { pid } of machine.living()) {
    const marks = machine.table.marksOf(pid)
    const [outermost] = marks
    if (outermost !== undefined && marks.every(mark => machine.isAbandoned(mark))) abandoned.add(outermost)
  }
  return abandoned
}

async function agentOf(row: ProcessInfo, fleet: Fleet | null): Promise<{ id: string; endedHere: boolean } | null> {
  const identity = identityOf(row)
  const [id, epoch] = [AGENT_VARIABLE, EPOCH_VARIABLE].map(name => variableOf(identity, name))
  if (typeof id !== 'string') return null
  const tombstones = (await fleet?.tombstones({ id })) ?? []
  return { id, endedHere: tombstones.some(tombstone => tombstone.epoch === epoch) }
}
