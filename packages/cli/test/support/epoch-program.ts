// Agents that share a process: `URL ROOT PREFIX COUNT`. Each owns a directory and a value. Told anything, they release all and end.
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@oakum/core/fleet'

const [url = '', root = '', prefix = '', count = ''] = process.argv.slice(2)
const fleet = await connect(url)
await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    const agent = await fleet.register({ id: `${prefix}-${index}`, roots: [root] })
    const directory = join(root, agent.id)
    await mkdir(directory)
    await agent.own('directory', directory)
    await agent.setKey(`${agent.id}:plan`, 'read, then write')
  }),
)
while ((await fleet.agents({ phases: ['starting'] })).some(({ id }) => id.startsWith(`${prefix}-`))) await sleep(5)
process.send?.('ready')
await once(process, 'message')
await fleet.close()
process.disconnect()
