import { setTimeout as sleep } from 'node:timers/promises'
import { isAdopted, type AgentRecord, type Fleet } from '@oakum/core/fleet'
import { isAlive, isLocal } from '@oakum/core/process'
import { askAdopted } from '../adopt/end.ts'
import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { EXIT } from '../command/exit.ts'
import { findAgents, hasEnded } from '../command/find-agents.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { unknownAgentWithoutStore } from '../command/unknown-agent.ts'
import { formatDuration } from '../output/duration.ts'
import { json as toJson } from '../output/text.ts'

const LOOK_EVERY = 50

interface Outcome {
  id: string
  stopped: boolean
  seconds: number
}

export const command: Command = defineCommand({
  name: 'stop',
  examples: ['coder-1 coder-2', 'coder-1 --timeout 10s'],
  variadic: true,
  args: {
    id: { type: 'positional', description: 'The agents to stop' },
    timeout: { type: 'string', valueHint: '30s', default: '30s', description: 'How long to wait for them' },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { _: ids, timeout, store, json } }) {
    const patience = parseDuration(timeout, '--timeout')
    return withStore(
      store,
      url => {
        throw unknownAgentWithoutStore(ids.join(' '), url)
      },
      async fleet => {
        const agents = await findAgents(fleet, ids)
        const outcomes = await Promise.all(agents.map(agent => stop(fleet, agent, patience)))
        if (json) console.log(toJson({ agents: outcomes }))
        else outcomes.forEach(say)
        return outcomes.every(outcome => outcome.stopped) ? EXIT.ok : EXIT.failed
      },
    )
  },
})

async function stop(fleet: Fleet, agent: AgentRecord, patience: number): Promise<Outcome> {
  const { id } = agent
  const began = performance.now()
  await fleet.requestStop(id)
  if (isAdopted(agent)) await askAdopted(fleet, agent)
  for (;;) {
    // Whoever died before it could answer is reclaimed here: there may be no `oakum up`.
    if (isLocal(agent.process) && !isAlive(agent.process)) await fleet.coordinator().sweep()
    const stopped = await hasEnded(fleet, agent)
    const passed = performance.now() - began
    if (stopped || passed >= patience) return { id, stopped, seconds: Math.round(passed) / 1_000 }
    await sleep(Math.min(LOOK_EVERY, patience - passed))
  }
}

function say({ id, stopped, seconds }: Outcome): void {
  const passed = formatDuration(seconds * 1_000)
  if (stopped) console.log(`${id} stopped after ${passed}`)
  else console.error(`oakum: ${id} did not stop within ${passed}; to end it now: oakum kill ${id} (TIMEOUT)`)
}
