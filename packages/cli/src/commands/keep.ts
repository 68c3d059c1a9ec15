import { OakumError } from '@oakum/core/errors'
import { connect } from '@oakum/core/fleet'
import { detailsOf, identify, type ProcessIdentity } from '@oakum/core/process'
import { defineCommand, type Command } from '../command/define.ts'
import { EXIT } from '../command/exit.ts'
import { parsePids } from '../command/pids.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { programOf, titleOf } from '../program/program.ts'
import { json as toJson, plain } from '../output/text.ts'

export const command: Command = defineCommand({
  name: 'keep',
  examples: ['4711', '4711 4712'],
  variadic: true,
  args: {
    pid: { type: 'positional', description: 'The processes to spare, each with all below it' },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { _: words, store, json } }) {
    const identities = parsePids(words).map(find) // all of them, before one is kept
    const fleet = await connect(storeUrl(store))
    try {
      for (const identity of identities) await fleet.keep(identity)
    } finally {
      await fleet.close()
    }
    if (json) console.log(toJson({ kept: identities }))
    else for (const identity of identities) console.log(`${nameOf(identity)} is kept, and everything below it`)
    return EXIT.ok
  },
})

function find(pid: number): ProcessIdentity {
  const identity = identify(pid)
  if (identity !== null) return identity
  throw new OakumError('PROCESS_NOT_FOUND', `No process has the pid ${pid}`, { facts: { pid } })
}

function nameOf(identity: ProcessIdentity): string {
  const program = programOf(detailsOf(identity)?.arguments ?? [])
  return program === null ? `Process ${identity.pid}` : `Process ${identity.pid} (${plain(titleOf(program))})`
}
