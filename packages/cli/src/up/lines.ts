import type { Fleet } from '@oakum/core/fleet'
import { formatEvent } from '../output/event-line.ts'
import { paintFor } from '../output/paint.ts'
import { printLine } from '../output/print.ts'
import { json as toJson } from '../output/text.ts'
import { lifecycleEvents } from './lifecycle.ts'

/** Prints what happens to the fleet, one line each, until the signal aborts. */
export async function printLines(fleet: Fleet, json: boolean, signal: AbortSignal): Promise<void> {
  const paint = paintFor(process.stdout)
  for await (const event of lifecycleEvents(fleet, signal)) {
    await printLine(json ? toJson(event) : formatEvent(event, paint), signal)
  }
}
