import { isOakumError } from '@oakum/core/errors'
import { connect, storeExists, type Fleet } from '@oakum/core/fleet'
import { defineCommand, type Command } from '../command/define.ts'
import { describeError, UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { parsePids } from '../command/pids.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { examine } from '../doctor/examine.ts'
import type { Diagnosis } from '../doctor/finding.ts'
import { formatOutcomes } from '../doctor/format.ts'
import { isOpen, repairAll, untouched, type Outcome } from '../doctor/outcome.ts'
import { unusableStore } from '../doctor/store-files.ts'
import { paintFor } from '../output/paint.ts'
import { json as toJson } from '../output/text.ts'

export const command: Command = defineCommand({
  name: 'doctor',
  examples: ['', '--fix', '--fix --orphans', '4711 --fix'],
  variadic: true,
  args: {
    pid: {
      type: 'positional',
      required: false,
      description: 'Only what these processes belong to; with --fix also what seems to be in use',
    },
    fix: { type: 'boolean', default: false, description: 'Reclaim and end what is Oakum’s own' },
    orphans: {
      type: 'boolean',
      default: false,
      description: 'With --fix: also end what somebody may miss',
    },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { _: words, fix, orphans, store, json } }) {
    if (orphans && !fix) throw new UsageError('--orphans goes with --fix')
    const only = words.length === 0 ? undefined : parsePids(words)
    const url = storeUrl(store)
    const { fleet, broken } = await open(url)
    try {
      const found = await examine({ url, fleet, ...(only === undefined ? {} : { only: new Set(only) }) })
      const diagnoses = [...broken, ...found]
      const outcomes = fix
        ? await repairAll(diagnoses, { foreign: orphans, named: only !== undefined })
        : diagnoses.map(untouched)
      if (only !== undefined && outcomes.length === 0 && !json) console.log(noneBelongsTo(only))
      else print(outcomes, json)
      return outcomes.some(isOpen) ? EXIT.failed : EXIT.ok
    } finally {
      await fleet?.close()
    }
  },
})

/** The fleet, when there is a store; what keeps it from being used is a finding like others. */
async function open(url: string): Promise<{ fleet: Fleet | null; broken: Diagnosis[] }> {
  if (!storeExists(url)) return { fleet: null, broken: [] }
  try {
    return { fleet: await connect(url), broken: [] }
  } catch (error) {
    if (!isOakumError(error)) throw error
    return { fleet: null, broken: [unusableStore(url, describeError(error).replace(/^oakum: /, ''))] }
  }
}

function noneBelongsTo(pids: readonly number[]): string {
  return `Nothing of what is left over belongs to ${pids.length === 1 ? 'process' : 'the processes'} ${pids.join(', ')}.`
}

function print(outcomes: readonly Outcome[], json: boolean): void {
  if (json) {
    console.log(toJson({ clean: !outcomes.some(isOpen), findings: outcomes }))
    return
  }
  const width = process.stdout.isTTY ? { width: process.stdout.columns } : {}
  console.log(formatOutcomes(outcomes, { paint: paintFor(process.stdout), ...width }).join('\n'))
}
