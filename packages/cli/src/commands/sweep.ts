import { defineCommand, type Command } from '../command/define.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { sweepNothing, sweepOnce } from '../up/sweep-once.ts'

export const command: Command = defineCommand({
  name: 'sweep',
  examples: ['--dry-run', '', '--force'],
  args: {
    'dry-run': { type: 'boolean', default: false, description: 'Only say what would be reclaimed' },
    force: {
      type: 'boolean',
      default: false,
      description: 'Believe all silence, and try once more what is in quarantine',
    },
    ...storeArgs,
    ...jsonArgs,
  },
  run: ({ args: { 'dry-run': dryRun, force, store, json } }) =>
    withStore(
      store,
      url => sweepNothing(url, json),
      fleet => sweepOnce(fleet, { json, dryRun, force }),
    ),
})
