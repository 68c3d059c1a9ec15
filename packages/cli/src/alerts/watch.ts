/**
 * Sends what happens to the fleet, and is an alert, to people outside.
 *
 * Invariants:
 * - A failure is said, and ends nothing: neither the watch over the fleet nor the alerts that come later.
 * - One way out does not hold up another. Each sends one alert at a time, and keeps a bounded number waiting.
 * - After `close()` no process, request or timer is left.
 *
 * Only what happens while it runs is sent. Two that watch the same store both send it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OakumEvent } from '@oakum/core/events'
import type { Fleet } from '@oakum/core/fleet'
import { Scope } from '@oakum/core/scope'
import { ALERT_TYPES, toAlert } from './alert.ts'
import { sendByCommand } from './command.ts'
import { AlertQueue } from './queue.ts'
import { sendByWebhook } from './webhook.ts'

/** Milliseconds that what waits may take at the end. */
const CLOSE_WITHIN = 5_000
/** Milliseconds until a log that could not be read is read again. */
const READ_AGAIN = 1_000

/** The ways out. */
export interface AlertTargets {
  /** A command of the shell. */
  command?: string
  webhook?: URL
}

export interface AlertOptions extends AlertTargets {
  fleet: Fleet
  /** Where the store is, for people. */
  url: string
  onError: (error: unknown) => void
}

export interface AlertWatch {
  /** Sends what happened until now, in bounded time, and ends. */
  readonly close: () => Promise<void>
}

/** Starts to follow the log, from its newest event on. */
export async function watchAlerts({ fleet, url, command, webhook, onError }: AlertOptions): Promise<AlertWatch> {
  const scope = new Scope('alerts', { onError })
  const queues: AlertQueue[] = []
  if (command !== undefined) queues.push(new AlertQueue(sendByCommand(command, scope), onError))
  if (webhook !== undefined) queues.push(new AlertQueue(sendByWebhook(webhook), onError))

  const log = fleet.events
  const ending = new AbortController()
  let after = await log.last()
  const take = (event: OakumEvent): void => {
    after = event.seq
    const alert = toAlert(event, url)
    if (alert !== null) for (const queue of queues) queue.push(alert)
  }

  async function follow({ signal }: AbortController): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of log.tail({ after, types: ALERT_TYPES, signal })) take(event)
      } catch (error) {
        onError(error)
        await sleep(READ_AGAIN, undefined, { signal }).catch(() => undefined) // the end
      }
    }
  }

  const following = queues.length === 0 ? undefined : follow(ending)
  return {
    async close() {
      ending.abort()
      await following
      // What happened last was perhaps not followed any more.
      if (queues.length > 0) (await log.read({ after, types: ALERT_TYPES }).catch(() => [])).forEach(take)
      await Promise.all(queues.map(queue => queue.close(CLOSE_WITHIN)))
      await scope.close()
    },
  }
}
