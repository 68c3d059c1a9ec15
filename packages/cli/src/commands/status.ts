import type { Fleet } from '@oakum/core/fleet'
import { defineCommand, type Command } from '../command/define.ts'
import { EXIT } from '../command/exit.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { unknownAgent, unknownAgentWithoutStore } from '../command/unknown-agent.ts'
import { countOwned, formatAgents } from '../output/agent-table.ts'
import { paintFor } from '../output/paint.ts'
import { json as toJson } from '../output/text.ts'
import { formatDetails, readDetails } from '../status/details.ts'
import { formatTombstones } from '../status/tombstones.ts'

const NOTHING_LIVES = 'No agents. Start one: oakum run -- COMMAND'

export const command: Command = defineCommand({
  name: 'status',
  examples: ['', 'coder-1', '--all --json'],
  args: {
    id: { type: 'positional', required: false, description: 'Everything about this one agent' },
    all: { type: 'boolean', default: false, description: 'Also what has ended in the last 7 days' },
    ...storeArgs,
    ...jsonArgs,
  },
  run: ({ args: { id, all, store, json } }) =>
    withStore(
      store,
      url => {
        if (id !== undefined) throw unknownAgentWithoutStore(id, url)
        console.log(json ? toJson({ agents: [], ended: [] }) : `There is no store at ${url}; nothing runs.`)
        return EXIT.ok
      },
      fleet => (id === undefined ? printAll(fleet, all, json) : printOne(fleet, id, json)),
    ),
})

async function printAll(fleet: Fleet, all: boolean, json: boolean): Promise<number> {
  const agents = await fleet.agents()
  const rows = await Promise.all(agents.map(async agent => ({ agent, owned: await countOwned(fleet, agent) })))
  const ended = all ? await fleet.tombstones() : []
  if (json) {
    console.log(toJson({ agents: rows.map(({ agent, owned }) => ({ ...agent, owned })), ended }))
    return EXIT.ok
  }
  const paint = paintFor(process.stdout)
  const options = { paint, now: await fleet.now(), ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}) }
  console.log(rows.length === 0 ? NOTHING_LIVES : formatAgents(rows, options).join('\n'))
  if (ended.length > 0) console.log(`\n${formatTombstones(ended, options).join('\n')}`)
  return EXIT.ok
}

async function printOne(fleet: Fleet, id: string, json: boolean): Promise<number> {
  const agent = await fleet.get(id)
  if (agent === null) throw await unknownAgent(fleet, id)
  const details = await readDetails(fleet, agent, await fleet.agents())
  if (json) console.log(toJson(details))
  else console.log(formatDetails(details, paintFor(process.stdout), await fleet.now()).join('\n'))
  return EXIT.ok
}
