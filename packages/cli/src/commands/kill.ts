import { setTimeout as sleep } from 'node:timers/promises'
import { OakumError } from '@oakum/core/errors'
import { isAdopted, type AgentRecord, type Fleet } from '@oakum/core/fleet'
import { isAlive, isLocal, ProcessTable, ProcessTree, sameProcess } from '@oakum/core/process'
import { killAdopted } from '../adopt/end.ts'
import { defineCommand, type Command } from '../command/define.ts'
import { reportError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { findAgents, hasEnded } from '../command/find-agents.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { unknownAgentWithoutStore } from '../command/unknown-agent.ts'
import { json as toJson } from '../output/text.ts'

/** How long another coordinator that has claimed the lease already may take, in milliseconds. */
const RECLAIM_WITHIN = 30_000
const LOOK_EVERY = 20

/** How long a process may take to end of SIGKILL: one that waits in the kernel does not act on it. Milliseconds. */
const DIES_WITHIN = 30_000

interface Outcome {
  id: string
  ended: boolean
  error?: string
}

export const command: Command = defineCommand({
  name: 'kill',
  examples: ['coder-1'],
  variadic: true,
  args: {
    id: { type: 'positional', description: 'The agents to end' },
    ...storeArgs,
    ...jsonArgs,
  },
  run: ({ args: { _: ids, store, json } }) =>
    withStore(
      store,
      url => {
        throw unknownAgentWithoutStore(ids.join(' '), url)
      },
      async fleet => {
        const agents = await findAgents(fleet, ids)
        const outcomes = await Promise.all(agents.map(agent => killOne(fleet, agent, json)))
        if (json) console.log(toJson({ agents: outcomes }))
        return outcomes.every(outcome => outcome.ended) ? EXIT.ok : EXIT.failed
      },
    ),
})

async function killOne(fleet: Fleet, agent: AgentRecord, json: boolean): Promise<Outcome> {
  const { id } = agent
  try {
    await endProcess(fleet, agent)
    await reclaim(fleet, agent)
    if (!json) console.log(`${id} is gone, and all it held`)
    return { id, ended: true }
  } catch (error) {
    reportError(error)
    return { id, ended: false, error: error instanceof Error ? error.message : String(error) }
  }
}

/** Ends the agent's process, if that is the agent's own: its death is then the proof that lets a sweep reclaim the rest. */
async function endProcess(fleet: Fleet, agent: AgentRecord): Promise<void> {
  const { id, host, process: identity } = agent
  if (!isLocal(identity)) {
    throw refusal(agent, `${id} runs on ${host}: run oakum kill there, or ask it from here: oakum stop ${id}`)
  }
  if (!isAlive(identity)) return
  if (!(await ownsItsProcess(fleet, agent))) {
    throw refusal(
      agent,
      `${id} lives in process ${identity.pid}, which is not its own, so Oakum may not end it. Ask it: oakum stop ${id}; or end process ${identity.pid} yourself`,
    )
  }
  const spared = await whySpared(fleet, agent)
  if (spared !== undefined) throw refusal(agent, `Process ${identity.pid} of ${id} is not ended: ${spared}`)
  if (isAdopted(agent)) await killAdopted(fleet, agent)
  else sendKill(agent)
  const deadline = performance.now() + DIES_WITHIN
  while (isAlive(identity)) {
    if (performance.now() > deadline)
      throw refusal(agent, `Process ${identity.pid} of ${id} does not end: it waits in the kernel`)
    await sleep(LOOK_EVERY)
  }
}

/** Why the process may not be ended although the agent owns it; undefined when it may. */
async function whySpared(fleet: Fleet, { id, process: root }: AgentRecord): Promise<string | undefined> {
  const kept = await fleet.kept()
  const tree = new ProcessTree({ root, keep: process => kept.some(other => sameProcess(other, process)) })
  const why = tree.look(ProcessTable.read()).spared.find(({ process }) => process.pid === root.pid)?.why
  if (why === 'own') return `this command runs in it. From in here: oakum stop ${id}`
  return why === undefined ? undefined : 'it is to be kept'
}

function sendKill(agent: AgentRecord): void {
  const { id, process: identity } = agent
  // Asked once more, right before the signal: since the last look its pid may have become another's.
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, 'SIGKILL')
  } catch (error) {
    if (!isAlive(identity)) return
    const reason = error instanceof Error ? error.message : String(error)
    throw refusal(agent, `Process ${identity.pid} of ${id} may not be ended by this user: ${reason}`)
  }
}

async function reclaim(fleet: Fleet, agent: AgentRecord): Promise<void> {
  const deadline = performance.now() + RECLAIM_WITHIN
  const coordinator = fleet.coordinator()
  while (!(await hasEnded(fleet, agent))) {
    const { orphans } = await coordinator.sweep()
    const failed = orphans.find(orphan => orphan.agentId === agent.id && orphan.error !== undefined)
    if (failed) throw refusal(agent, `${agent.id} was ended, but not all it held would go: ${failed.error}`)
    if (performance.now() > deadline)
      throw refusal(agent, `${agent.id} was ended, but is not reclaimed yet: oakum status ${agent.id}`)
    await sleep(LOOK_EVERY)
  }
}

async function ownsItsProcess(fleet: Fleet, agent: AgentRecord): Promise<boolean> {
  const { pid, startTime, bootId } = agent.process
  const owned = await fleet.resources(agent)
  return owned.some(
    ({ kind, data }) =>
      kind === 'process' && data.pid === pid && data.startTime === startTime && data.bootId === bootId,
  )
}

function refusal({ id, epoch }: AgentRecord, message: string): OakumError {
  return new OakumError('RESOURCE_REFUSED', message, { facts: { id, epoch } })
}
