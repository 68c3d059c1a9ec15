/**
 * Agents that a signal from outside would not reach: who stops `npm run agent`, or a container, stops npm or a shell, and the
 * agent lives on without parent.
 *
 * npm passes a signal on to the shell that it started for the script; the shell ends of it, and passes nothing on. A program that is
 * PID 1 gets only signals that it has a handler for. What `oakum run` started is no such case: Oakum signals each process of the tree.
 */
import { identityOf, isAlive, isLocal, type ProcessInfo } from '@oakum/core/process'
import { LIVE_PHASES } from '@oakum/core/fleet'
import type { Diagnosis, Finding } from './finding.ts'
import { isLauncher, isShellCommand, knownAgent } from './known-programs.ts'
import type { Machine } from './machine.ts'
import { isOrphan } from './orphan.ts'

interface Candidate {
  row: ProcessInfo
  agent?: string
  /** For people. */
  name: string
}

export async function findBlockedSignals(machine: Machine): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = []
  for (const candidate of candidates(machine)) {
    const obstacle = obstacleOf(candidate, machine)
    if (obstacle === null) continue
    const { row, agent, name } = candidate
    const described = await machine.describe([...obstacle.between, row])
    diagnoses.push({
      finding: {
        code: 'SIGNAL_BLOCKED',
        severity: 'advice',
        what: name,
        why: obstacle.why,
        repairedBy: null,
        remedy: obstacle.remedy,
        ...(agent === undefined ? {} : { agent }),
        paths: [],
        ...described,
        age: machine.details(row)?.age ?? null,
      },
      repair: null,
    })
  }
  return diagnoses
}

/** Agents of this host, and known programs without terminal: on a terminal Ctrl-C reaches all. */
function candidates(machine: Machine): Candidate[] {
  const found = new Map<number, Candidate>()
  for (const { agent } of machine.holders) {
    const { id, phase, process } = agent
    if (!LIVE_PHASES.includes(phase) || !isLocal(process) || !isAlive(process)) continue
    const row = machine.table.get(process.pid)
    if (row !== undefined) found.set(row.pid, { row, agent: id, name: `agent ${id}` })
  }
  for (const row of machine.living()) {
    const program = machine.program(row)
    const name = program === null ? undefined : knownAgent(program)
    if (name === undefined || found.has(row.pid) || machine.details(row)?.hasTerminal !== false) continue
    found.set(row.pid, { row, name })
  }
  return [...found.values()].filter(
    ({ row }) => !machine.isKept(identityOf(row)) && !isRun(row, machine) && !isOrphan(row, machine),
  )
}

/** Whether it is in a tree that somebody owns by a mark, and ends as a whole. */
function isRun({ pid }: ProcessInfo, machine: Machine): boolean {
  return machine.table.marksOf(pid).some(mark => !machine.isAbandoned(mark))
}

interface Obstacle extends Pick<Finding, 'why' | 'remedy'> {
  /** Topmost first. */
  between: readonly ProcessInfo[]
}

function obstacleOf({ row }: Candidate, machine: Machine): Obstacle | null {
  if (row.pid === 1) return isDeaf(row, machine) ? FIRST_PROCESS : null
  const below: ProcessInfo[] = []
  for (let up = machine.table.get(row.ppid); up !== undefined; up = machine.table.get(up.ppid)) {
    below.unshift(up)
    const program = machine.program(up)
    const words = machine.details(up)?.arguments ?? []
    if (program === null || below.length > DEEPEST) return null
    if (!isShellCommand(program, words) || !isDeaf(up, machine)) continue
    const parent = machine.table.get(up.ppid)
    const above = parent === undefined ? null : machine.program(parent)
    if (up.pid === 1) return { ...SHELL_FIRST, between: below }
    if (parent !== undefined && above !== null && isLauncher(above)) {
      return { ...belowLauncher(above.name, parent.pid), between: [parent, ...below] }
    }
  }
  return null
}

/** Ancestors that are looked at. */
const DEEPEST = 8

function isDeaf(row: ProcessInfo, machine: Machine): boolean {
  return machine.details(row)?.handlesTerm === false
}

const REMEDY = 'start it by `oakum run -- COMMAND`, which signals all of it'

function belowLauncher(name: string, pid: number): Pick<Finding, 'why' | 'remedy'> {
  return {
    why: `A signal to ${name} (process ${pid}) ends the shell between them, and goes no further`,
    remedy: `Have the script \`exec\` the agent, or ${REMEDY}`,
  }
}

const SHELL_FIRST: Pick<Finding, 'why' | 'remedy'> = {
  why: 'The first process, which a container’s end is told to, is a shell that passes no signal on',
  remedy: `Have it \`exec\` the agent, or ${REMEDY}`,
}

const FIRST_PROCESS: Obstacle = {
  why: 'It is the first process, and the kernel drops SIGTERM for that one unless it has a handler',
  remedy: `Start the container with an init (docker run --init), or ${REMEDY}`,
  between: [],
}
