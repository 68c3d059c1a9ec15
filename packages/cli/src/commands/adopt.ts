import { adopted, connect } from '@oakum/core/fleet'
import { findAdoptable } from '../adopt/adoptable.ts'
import { defineCommand, type Command } from '../command/define.ts'
import { UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { pidIn } from '../command/pids.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { json as toJson, plain } from '../output/text.ts'

export const command: Command = defineCommand({
  name: 'adopt',
  examples: ['4711', '4711 --id coder-1'],
  args: {
    pid: { type: 'positional', required: true, description: 'The process to take over' },
    id: { type: 'string', valueHint: 'ID', description: 'The agent’s id (default: its program and pid)' },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { pid: word, id: given, store, json } }) {
    const pid = pidIn(word)
    if (pid === undefined) throw new UsageError(`a process id is a number, not "${word}"`)
    const fleet = await connect(storeUrl(store))
    try {
      const { identity, title, id: fallback } = await findAdoptable(pid, fleet)
      const { id, epoch } = await fleet.register({ id: given ?? fallback, ...adopted(identity) })
      if (json) console.log(toJson({ id, epoch, process: identity }))
      else console.log(`Process ${pid} (${plain(title)}) is agent ${id} now. To end it: oakum stop ${id}`)
      return EXIT.ok
    } finally {
      await fleet.close({ release: false })
    }
  },
})
