import { connect } from '@oakum/core/fleet'
import { defineCommand, type Command } from '../command/define.ts'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { runDemo } from '../demo/run.ts'
import { startCoordinator, stay } from '../up/stay.ts'
import { sweepOnce } from '../up/sweep-once.ts'

export const command: Command = defineCommand({
  name: 'up',
  examples: ['', '--demo --once', '--once --json'],
  args: {
    demo: {
      type: 'boolean',
      default: false,
      description: 'Start 10 real agents, kill 3, and show that nothing is left',
    },
    once: { type: 'boolean', default: false, description: 'One sweep, or the demo alone; then end' },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { demo, once, store, json } }) {
    if (demo) return runDemo({ store, once, json })
    const url = storeUrl(store)
    const fleet = await connect(url)
    try {
      if (once) return await sweepOnce(fleet, { json })
      await watchOver(url, fleet, json)
      return EXIT.ok
    } finally {
      await fleet.close()
    }
  },
})

async function watchOver(url: string, fleet: Awaited<ReturnType<typeof connect>>, json: boolean): Promise<void> {
  const interruption = listenForInterrupts()
  const { coordinator, errors } = startCoordinator(fleet)
  try {
    await stay({ fleet, url, json, signal: interruption.signal }, errors)
    await coordinator.stop()
  } finally {
    interruption.release()
  }
}
