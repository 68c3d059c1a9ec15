import { defineCommand, type Command } from '../command/define.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { sweepNothing, sweepOnce } from '../up/sweep-once.ts'

export const command: Command = defineCommand({
  name: 'sweep',
  examples: ['--dry-run', ''],
  args: {
    'dry-run': { type: 'boolean', default: false, description: 'Only say what would be reclaimed' },
    ...storeArgs,
    ...jsonArgs,
  },
  run: ({ args: { 'dry-run': dryRun, store, json } }) =>
    withStore(
      store,
      url => sweepNothing(url, json),
      fleet => sweepOnce(fleet, { json, dryRun }),
    ),
})
