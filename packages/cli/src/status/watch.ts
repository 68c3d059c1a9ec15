/**
 * `oakum status --watch`: what lives, kept up to date.
 *
 * On a terminal it is drawn in place. Anywhere else what it shows is written once, and then a line for each thing that happens:
 * nothing is ever written again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentRecord, Fleet } from '@oakum/core/fleet'
import { describeError } from '../command/errors.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { formatEvent } from '../output/event-line.ts'
import { openLiveRegion } from '../output/live.ts'
import { paintFor } from '../output/paint.ts'
import { printLine } from '../output/print.ts'
import { json as toJson } from '../output/text.ts'
import { lifecycleEvents } from '../up/lifecycle.ts'
import { createLiveTable } from '../up/live-table.ts'
import { formatDetails, readDetails } from './details.ts'

const READ_EVERY = 500
/** Between two looks at the memory, which tell of no leak: that is a coordinator's to do. */
const LOOK_EVERY = 5_000

/** Types of the last event of a lease. */
const ENDINGS: ReadonlySet<string> = new Set(['agent_stopped', 'cleanup_completed'])

export interface WatchOptions {
  json: boolean
  /** Where the store is, for people. */
  url: string
  /** Prints it once. */
  print: () => Promise<unknown>
}

/** Shows all agents until Ctrl-C. */
export async function watchAll(fleet: Fleet, { json, url, print }: WatchOptions): Promise<void> {
  const paint = paintFor(process.stdout)
  await untilInterrupted(async signal => {
    if (!json && process.stdout.isTTY) {
      const title = `${paint('bold', 'oakum status')}  ${paint('dim', `${url}  Ctrl-C ends it`)}`
      const memory = fleet.memoryWatch({ every: LOOK_EVERY, threshold: Infinity })
      memory.start()
      await createLiveTable({ fleet, memory, terminal: process.stdout, title, paint }).show(signal)
      return memory.stop()
    }
    const after = await fleet.events.last()
    await print()
    for await (const event of lifecycleEvents(fleet, signal, after)) {
      await printLine(json ? toJson(event) : formatEvent(event, paint), signal)
    }
  })
}

/** Shows one agent until it has ended, or until Ctrl-C. */
export async function watchOne(fleet: Fleet, agent: AgentRecord, { json, print }: WatchOptions): Promise<void> {
  const paint = paintFor(process.stdout)
  await untilInterrupted(async signal => {
    if (!json && process.stdout.isTTY) return drawOne(fleet, agent, signal)
    const after = await fleet.events.last()
    await print()
    for await (const event of lifecycleEvents(fleet, signal, after)) {
      if (event.agent !== agent.id) continue
      await printLine(json ? toJson(event) : formatEvent(event, paint), signal)
      if (ENDINGS.has(event.type) && event.data.epoch === agent.epoch) return
    }
  })
}

async function drawOne(fleet: Fleet, { id, epoch }: AgentRecord, signal: AbortSignal): Promise<void> {
  const paint = paintFor(process.stdout)
  let lines: readonly string[] = []
  const region = openLiveRegion(process.stdout, () => lines)
  try {
    while (!signal.aborted) {
      const agent = await fleet.get(id)
      if (agent?.epoch !== epoch) return region.log(`${id} has ended.`)
      const details = await readDetails(fleet, agent, await fleet.agents())
      lines = formatDetails(details, paint, await fleet.now())
      region.invalidate()
      await sleep(READ_EVERY, undefined, { signal }).catch(() => undefined) // the end
    }
  } catch (error) {
    region.log(paint('red', describeError(error)))
    throw error
  } finally {
    region.close()
  }
}

async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interruption = listenForInterrupts()
  try {
    await work(interruption.signal)
  } finally {
    interruption.release()
  }
}
