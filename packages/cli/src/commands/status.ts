import type { AgentRecord, Fleet } from '@oakum/core/fleet'
import { defineCommand, type Command } from '../command/define.ts'
import { UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { unknownAgent, unknownAgentWithoutStore } from '../command/unknown-agent.ts'
import { countOwned, formatAgents } from '../output/agent-table.ts'
import { paintFor } from '../output/paint.ts'
import { json as toJson } from '../output/text.ts'
import { formatDetails, readDetails } from '../status/details.ts'
import { memoryOf, readMemory } from '../status/memory.ts'
import { formatTombstones } from '../status/tombstones.ts'
import { watchAll, watchOne } from '../status/watch.ts'

const NOTHING_LIVES = 'No agents. Start one: oakum run -- COMMAND'

export const command: Command = defineCommand({
  name: 'status',
  examples: ['', 'coder-1', '--watch', '--all --json'],
  args: {
    id: { type: 'positional', required: false, description: 'Everything about this one agent' },
    all: { type: 'boolean', default: false, description: 'Also what has ended in the last 7 days' },
    watch: { type: 'boolean', alias: 'w', default: false, description: 'Go on showing it, until Ctrl-C' },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { id, all, watch, store, json } }) {
    if (watch && all) throw new UsageError('--watch shows what lives: it goes without --all')
    return withStore(
      store,
      url => {
        if (id !== undefined) throw unknownAgentWithoutStore(id, url)
        console.log(json ? toJson({ agents: [], ended: [] }) : `There is no store at ${url}; nothing runs.`)
        return EXIT.ok
      },
      async fleet => {
        if (id === undefined) {
          const print = (): Promise<void> => printAll(fleet, all, json)
          await (watch ? watchAll(fleet, { json, url: storeUrl(store), print }) : print())
        } else {
          const agent = await fleet.get(id)
          if (agent === null) throw await unknownAgent(fleet, id)
          const print = (): Promise<void> => printOne(fleet, agent, json)
          await (watch ? watchOne(fleet, agent, { json, url: storeUrl(store), print }) : print())
        }
        return EXIT.ok
      },
    )
  },
})

async function printAll(fleet: Fleet, all: boolean, json: boolean): Promise<void> {
  const agents = await fleet.agents()
  const sample = await readMemory(fleet)
  const rows = await Promise.all(
    agents.map(async agent => ({ agent, owned: await countOwned(fleet, agent), memory: memoryOf(sample, agent) })),
  )
  const ended = all ? await fleet.tombstones() : []
  if (json) {
    const records = rows.map(({ agent, owned, memory }) => ({ ...agent, owned, memory: memory ?? null }))
    console.log(toJson({ agents: records, ended }))
    return
  }
  const paint = paintFor(process.stdout)
  const options = { paint, now: await fleet.now(), ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}) }
  console.log(rows.length === 0 ? NOTHING_LIVES : formatAgents(rows, options).join('\n'))
  if (ended.length > 0) console.log(`\n${formatTombstones(ended, options).join('\n')}`)
}

async function printOne(fleet: Fleet, agent: AgentRecord, json: boolean): Promise<void> {
  const details = await readDetails(fleet, agent, await fleet.agents())
  if (json) console.log(toJson(details))
  else console.log(formatDetails(details, paintFor(process.stdout), await fleet.now()).join('\n'))
}
