/**
 * Processes that carry marks of Oakum's and that nobody answers for: every owner that the marks name is gone, and no lease of
 * this store has one of them.
 *
 * A store other than this one may have kept such a process, and a program without a fleet may have disowned it. So `--fix` ends
 * only what belonged to an agent whose lease ended in this very store, and comes from nothing that was kept; the rest has to be
 * asked for. A terminal that was opened in it, as by tmux or an editor, is a sign that somebody works there: that has to be named.
 */
import { AGENT_VARIABLE, EPOCH_VARIABLE, type Fleet, type LeaseRef } from '@oakum/core/fleet'
import { identityOf, ownerOf, startedBefore, variableOf, type ProcessInfo } from '@oakum/core/process'
import { plural } from '../output/plural.ts'
import type { Diagnosis } from './finding.ts'
import type { Machine } from './machine.ts'
import { endProcesses } from './repair.ts'

/** What is left of one agent, or of one program that only used scopes. */
interface Remains {
  /** The outermost mark of the first. */
  mark: string
  agent: LeaseRef | null
  /** Whether they may come from what was kept. */
  mayBeKept: boolean
  rows: ProcessInfo[]
}

export async function findLeftProcesses(machine: Machine, fleet: Fleet | null): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = []
  const told = new Set<number>()
  for (const { mark, agent, mayBeKept, rows } of remainsIn(machine)) {
    // What may come from something kept does not when it is below what is left for certain.
    const tree = { remembered: rows.filter(({ pid }) => !told.has(pid)).map(identityOf) }
    const members = machine.members(tree)
    if (members.length === 0) continue // all of it is wanted
    for (const { pid } of members) told.add(pid)
    const isUsed = members.some(row => opensTerminal(row, machine))
    const { processes, age, memory } = await machine.describe(members)
    const [they, carry, them] = processes.length === 1 ? ['It', 'carries', 'it'] : ['They', 'carry', 'them']
    const whose = agent === null ? 'a program that used Oakum' : `agent ${agent.id}`
    diagnoses.push({
      finding: {
        code: 'PROCESS_LEFT',
        severity: isUsed ? 'advice' : 'problem',
        what: `${plural(processes.length, 'process')} of ${whose}`,
        why: `${they} ${carry} a mark of process ${ownerOf(mark)?.pid}, which is gone, and no lease has it${isUsed ? `, but a terminal is open in ${them}: somebody may use it` : ''}`,
        repairedBy: isUsed ? 'pid' : !mayBeKept && (await hasEndedHere(agent, fleet)) ? 'fix' : 'orphans',
        remedy: `ends ${them}`,
        ...(agent === null ? {} : { agent: agent.id }),
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

/** What is left for certain comes first. */
function remainsIn(machine: Machine): Remains[] {
  const all = new Map<string, Remains>()
  for (const row of machine.living()) {
    const marks = machine.table.marksOf(row.pid)
    const [mark] = marks
    if (mark === undefined || !marks.every(each => isLeftOf(row, each, machine))) continue
    const agent = agentOf(row)
    const mayBeKept = machine.mayComeFromKept(row)
    const key = `${agent === null ? mark : `${agent.id} ${agent.epoch}`} ${mayBeKept}`
    const remains = all.get(key)
    if (remains === undefined) all.set(key, { mark, agent, mayBeKept, rows: [row] })
    else remains.rows.push(row)
  }
  return [...all.values()].toSorted((a, b) => Number(a.mayBeKept) - Number(b.mayBeKept))
}

/** Whether it leads a session of its own on a terminal that is open. One that it only has from its starter is no sign of use. */
function opensTerminal(row: ProcessInfo, machine: Machine): boolean {
  return row.session === row.pid && machine.details(row)?.hasTerminal === true
}

/** What is older than who made a mark has it from nobody: then another process has its pid by now. */
function isLeftOf(row: ProcessInfo, mark: string, machine: Machine): boolean {
  const owner = ownerOf(mark)
  return machine.isAbandoned(mark) && owner !== null && !startedBefore(row, owner)
}

/** The agent that it was started by, as its environment says. */
function agentOf(row: ProcessInfo): LeaseRef | null {
  const identity = identityOf(row)
  const [id, epoch] = [AGENT_VARIABLE, EPOCH_VARIABLE].map(name => variableOf(identity, name))
  return typeof id === 'string' && typeof epoch === 'string' ? { id, epoch } : null
}

async function hasEndedHere(agent: LeaseRef | null, fleet: Fleet | null): Promise<boolean> {
  if (agent === null || fleet === null) return false
  return (await fleet.tombstones({ id: agent.id })).some(({ epoch }) => epoch === agent.epoch)
}
