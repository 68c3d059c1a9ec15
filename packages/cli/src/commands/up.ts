import { connect, type Fleet } from '@oakum/core/fleet'
import { watchAlerts, type AlertTargets } from '../alerts/watch.ts'
import { parseWebhook } from '../alerts/webhook.ts'
import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { parseSize } from '../command/size.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { runDemo } from '../demo/run.ts'
import { parseRetention, startRetention, type RetentionOptions } from '../up/retention.ts'
import { createErrorSink, startCoordinator, stay, type ErrorSink, type StartOptions } from '../up/stay.ts'
import { sweepOnce } from '../up/sweep-once.ts'

export const command: Command = defineCommand({
  name: 'up',
  examples: ['', '--demo --once', '--once --json', '--alert-command \'notify-send "$OAKUM_ALERT_TEXT"\''],
  args: {
    demo: {
      type: 'boolean',
      default: false,
      description: 'Start 10 real agents, kill 3, and show that nothing is left',
    },
    once: { type: 'boolean', default: false, description: 'One sweep, or the demo alone; then end' },
    'alert-command': {
      type: 'string',
      valueHint: 'CMD',
      description: 'Run by the shell for each alert, which is JSON on its stdin',
    },
    'alert-webhook': { type: 'string', valueHint: 'URL', description: 'Gets each alert as JSON, by POST' },
    'leak-threshold': {
      type: 'string',
      default: '100M',
      valueHint: 'SIZE',
      description: 'Told as a leak: memory of agents that grows by more',
    },
    'leak-window': { type: 'string', default: '5m', valueHint: 'TIME', description: 'Within so long' },
    retention: {
      type: 'string',
      default: '7d',
      valueHint: 'TIME',
      description: 'Events that are older are removed; “forever”: none is',
    },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { demo, once, store, json, ...options } }) {
    const { 'alert-command': alertCommand, 'alert-webhook': alertWebhook } = options
    const leak = {
      threshold: parseSize(options['leak-threshold'], '--leak-threshold'),
      window: parseDuration(options['leak-window'], '--leak-window'),
    }
    const maxAge = parseRetention(options.retention, '--retention')
    if (demo) return runDemo({ store, once, json })
    const targets: AlertTargets = {
      ...(alertCommand === undefined ? {} : { command: alertCommand }),
      ...(alertWebhook === undefined ? {} : { webhook: parseWebhook(alertWebhook) }),
    }
    const url = storeUrl(store)
    const fleet = await connect(url)
    const errors = createErrorSink()
    // Until all is closed: a second signal ends at once, and takes an alert command under way with it.
    const interruption = listenForInterrupts()
    try {
      const alerts = await watchAlerts({ ...targets, fleet, url, onError: error => errors.report(error) })
      try {
        if (once) return await sweepOnce(fleet, { json })
        await watchOver({ url, fleet, json, errors, leak, maxAge, signal: interruption.signal })
        return EXIT.ok
      } finally {
        await alerts.close()
      }
    } finally {
      await fleet.close().finally(interruption.release)
    }
  },
})

interface WatchedFleet {
  url: string
  fleet: Fleet
  json: boolean
  errors: ErrorSink
  leak: StartOptions['leak']
  maxAge: RetentionOptions['maxAge']
  signal: AbortSignal
}

async function watchOver({ url, fleet, json, errors, leak, maxAge, signal }: WatchedFleet): Promise<void> {
  const { coordinator, memory } = startCoordinator(fleet, { errors, leak })
  const retention = startRetention({ fleet, maxAge, onError: error => errors.report(error) })
  try {
    await stay({ fleet, memory, url, json, signal }, errors)
    await coordinator.stop()
  } finally {
    await retention.close()
  }
}
