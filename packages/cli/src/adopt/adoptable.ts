import { OakumError } from '@oakum/core/errors'
import type { Fleet } from '@oakum/core/fleet'
import { detailsOf, identify, ProcessTable, ProcessTree, sameProcess, type ProcessIdentity } from '@oakum/core/process'
import { programOf, titleOf } from '../program/program.ts'

export interface Adoptable {
  identity: ProcessIdentity
  /** What it runs, for people. */
  title: string
  /** An id made of its program and its pid. */
  id: string
}

/**
 * A process that an agent can be made of.
 *
 * @throws OakumError PROCESS_NOT_FOUND; RESOURCE_REFUSED for what Oakum may not end, or what is an agent already
 */
export async function findAdoptable(pid: number, fleet: Fleet): Promise<Adoptable> {
  const identity = identify(pid)
  if (identity === null) throw new OakumError('PROCESS_NOT_FOUND', `No process has the pid ${pid}`, { facts: { pid } })
  const why = await whyNot(identity, fleet)
  if (why !== undefined) throw new OakumError('RESOURCE_REFUSED', `Process ${pid} ${why}`, { facts: { pid } })
  const program = programOf(detailsOf(identity)?.arguments ?? [])
  const name = program?.name.replaceAll(/[^A-Za-z0-9._-]/g, '') ?? ''
  return { identity, title: program === null ? 'a program' : titleOf(program), id: `${name || 'process'}-${pid}` }
}

async function whyNot(identity: ProcessIdentity, fleet: Fleet): Promise<string | undefined> {
  const { members } = new ProcessTree({ root: identity }).look(ProcessTable.read())
  if (!members.some(({ pid }) => pid === identity.pid)) return 'runs this command, is PID 1, or has ended'
  if ((await fleet.kept()).some(kept => sameProcess(kept, identity))) return 'is kept: Oakum never ends it'
  const agent = (await fleet.agents()).find(({ process }) => sameProcess(process, identity))
  if (agent !== undefined) return `is agent ${agent.id} already`
  return maySignal(identity.pid) ? undefined : 'belongs to another user, and could not be ended'
}

function maySignal(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
