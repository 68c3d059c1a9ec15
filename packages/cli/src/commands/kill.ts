import { setTimeout as sleep } from 'node:timers/promises'
import { OakumError } from '@oakum/core/errors'
import type { AgentRecord, Fleet } from '@oakum/core/fleet'
import { isAlive, isLocal } from '@oakum/core/process'
import { defineCommand, type Command } from '../command/define.ts'
import { reportError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { findAgents, hasEnded } from '../command/find-agents.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { unknownAgentWithoutStore } from '../command/unknown-agent.ts'

/** How long another coordinator that has claimed the lease already may take, in milliseconds. */
const RECLAIM_WITHIN = 30_000
const LOOK_EVERY = 20

interface Outcome {
  id: string
  ended: boolean
  error?: string
}

export const command: Command = defineCommand({
  name: 'kill',
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
        if (json) console.log(JSON.stringify({ agents: outcomes }))
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
  process.kill(identity.pid, 'SIGKILL')
  while (isAlive(identity)) await sleep(LOOK_EVERY)
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
