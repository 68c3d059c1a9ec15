import { OakumError } from '@oakum/core/errors'
import { connect, storeExists, type AgentRecord, type Fleet } from '@oakum/core/fleet'
import { detailsOf, identify, isAlive, isLocal, ProcessTree, type ProcessIdentity } from '@oakum/core/process'
import { pidIn } from '../command/pids.ts'
import { unknownAgent, unknownAgentWithoutStore } from '../command/unknown-agent.ts'
import { programOf, titleOf, type Program } from '../program/program.ts'

/** What is looked at: a process and all below it, or all that belongs to an agent. */
export interface Target {
  /** For people. */
  name: string
  /** The process that the tree hangs on. */
  root: ProcessIdentity
  tree: ProcessTree
  agent?: string
  /** Whether that process is a Node: its garbage counts until it is collected. */
  isNode: boolean
}

/**
 * A number is a pid, everything else an agent's id.
 *
 * @throws OakumError PROCESS_NOT_FOUND, AGENT_NOT_FOUND, RESOURCE_REFUSED for an agent of another host
 */
export async function findTarget(word: string, url: string): Promise<Target> {
  const pid = pidIn(word)
  if (pid !== undefined) return processTarget(pid)
  if (!storeExists(url)) throw unknownAgentWithoutStore(word, url)
  const fleet = await connect(url)
  try {
    const agent = await fleet.get(word)
    if (agent === null) throw await unknownAgent(fleet, word)
    return await agentTarget(agent, fleet)
  } finally {
    await fleet.close()
  }
}

function processTarget(pid: number): Target {
  const root = identify(pid)
  if (root === null) throw new OakumError('PROCESS_NOT_FOUND', `No process has the pid ${pid}`, { facts: { pid } })
  const program = programOf(detailsOf(root)?.arguments ?? [])
  const title = program === null ? '' : ` (${titleOf(program)})`
  return { name: `process ${pid}${title}`, root, tree: new ProcessTree({ root }), isNode: isNode(program) }
}

async function agentTarget(agent: AgentRecord, fleet: Fleet): Promise<Target> {
  const { id, process: root, host } = agent
  if (!isLocal(root)) {
    throw new OakumError('RESOURCE_REFUSED', `Agent ${id} runs on ${host}: diagnose it there`, { facts: { id, host } })
  }
  if (!isAlive(root)) {
    throw new OakumError(
      'PROCESS_NOT_FOUND',
      `The process of agent ${id} has ended; to reclaim what it held: oakum sweep`,
      {
        facts: { id, pid: root.pid },
      },
    )
  }
  const mark = (await fleet.resources(agent)).map(({ data }) => data.mark).find(value => typeof value === 'string')
  const tree = new ProcessTree({ root, ...(mark === undefined ? {} : { mark }) })
  const program = programOf(detailsOf(root)?.arguments ?? [])
  return { name: `agent ${id} (process ${root.pid})`, root, tree, agent: id, isNode: isNode(program) }
}

function isNode(program: Program | null): boolean {
  return (program?.interpreter ?? program?.name ?? '').startsWith('node')
}
