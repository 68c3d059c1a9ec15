import { OakumError, isOakumError } from '@oakum/core/errors'
import { backupStore, connect, resetStore, storeExists } from '@oakum/core/fleet'
import { confirm, yesArgs } from '../command/confirm.ts'
import { defineCommand, type Command } from '../command/define.ts'
import { UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { paintFor } from '../output/paint.ts'
import { plural } from '../output/plural.ts'
import { formatSize } from '../output/size.ts'
import { json as toJson } from '../output/text.ts'
import { formatContents, readContents } from '../store/contents.ts'

const ACTIONS = ['show', 'backup', 'reset']

interface Wanted {
  url: string
  target: string | undefined
  force: boolean
  yes: boolean
  json: boolean
}

export const command: Command = defineCommand({
  name: 'store',
  examples: ['', 'backup /backups/oakum-monday', 'reset'],
  words: { action: ACTIONS },
  args: {
    action: { type: 'positional', required: false, description: 'show (the default), backup DIR, or reset' },
    target: { type: 'positional', required: false, description: 'backup: the folder to make; it is a store itself' },
    force: { type: 'boolean', default: false, description: 'reset: also while agents live; they are fenced' },
    ...yesArgs,
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { action = 'show', target, force, yes, json, store } }) {
    const wanted: Wanted = { url: storeUrl(store), target, force, yes, json }
    if (action === 'backup') return backup(wanted)
    if (target !== undefined) throw new UsageError(`store ${action} does not understand "${target}"`)
    return action === 'reset' ? reset(wanted) : show(wanted)
  },
})

async function show({ url, json }: Wanted): Promise<number> {
  if (!storeExists(url)) {
    console.log(json ? toJson({ url, files: [] }) : `There is no store at ${url}; oakum run and oakum up make one.`)
    return EXIT.ok
  }
  const contents = await readContents(url)
  console.log(json ? toJson(contents) : formatContents(contents, paintFor(process.stdout)).join('\n'))
  return EXIT.ok
}

async function backup({ url, target, json }: Wanted): Promise<number> {
  if (target === undefined) throw new UsageError('store backup needs the folder to make: oakum store backup DIR')
  const report = backupStore(url, target)
  const bytes = report.files.reduce((sum, file) => sum + file.bytes, 0)
  if (json) console.log(toJson(report))
  else {
    console.log(`Copied to ${report.directory} (${formatSize(bytes)}).`)
    console.log(`It is a store itself: oakum status --store sqlite:${report.directory}`)
  }
  return EXIT.ok
}

async function reset({ url, force, yes, json }: Wanted): Promise<number> {
  if (!storeExists(url)) {
    console.log(json ? toJson({ live: 0, ended: 0, tombstones: 0, events: 0 }) : `There is no store at ${url}.`)
    return EXIT.ok
  }
  if (!force) await assertNobodyLives(url)
  if (!yes && !(await confirm(`Forget all agents and events of ${url}?`))) {
    console.error('Nothing was reset.')
    return EXIT.failed
  }
  try {
    const went = resetStore(url, { force })
    const { live, ended, tombstones, events } = went
    if (json) console.log(toJson(went))
    else {
      const agents = live + ended
      const counts = [plural(agents, 'agent'), plural(tombstones, 'tombstone'), plural(events, 'event')]
      console.log(`Gone from ${url}: ${counts.join(', ')}.`)
      if (agents > 0) console.log('What these agents held was not reclaimed.')
    }
    return EXIT.ok
  } catch (error) {
    throw isOakumError(error, 'AGENT_EXISTS') ? refusal(error) : error
  }
}

/** Before the question is asked; the reset itself looks once more. */
async function assertNobodyLives(url: string): Promise<void> {
  const fleet = await connect(url)
  try {
    const { starting, alive, draining } = (await fleet.counts()).phases
    const live = starting + alive + draining
    if (live > 0) {
      throw refusal(new OakumError('AGENT_EXISTS', `Agents are alive in this store: ${live}.`, { facts: { live } }))
    }
  } finally {
    await fleet.close()
  }
}

function refusal(error: OakumError): OakumError {
  const hint = 'End them (oakum stop ID, oakum sweep), or add --force, which fences them and reclaims nothing'
  return new OakumError(error.code, `${error.message} ${hint}`, { cause: error, facts: error.facts })
}
