import type { Coordinator, CoordinatorOptions, Fleet } from '@oakum/core/fleet'
import { describeError } from '../command/errors.ts'
import { paintFor } from '../output/paint.ts'
import { printLines } from './lines.ts'
import { createLiveTable } from './live-table.ts'

export interface StayOptions {
  fleet: Fleet
  /** Where the store is, for people. */
  url: string
  json: boolean
  /** Ends it, in order. */
  signal: AbortSignal
}

/** Shows the fleet until the signal aborts: a table on a terminal, lines elsewhere. Whoever calls has started a coordinator. */
export async function stay({ fleet, url, json, signal }: StayOptions, errors: ErrorSink): Promise<void> {
  if (json || !process.stdout.isTTY) {
    console.error(`oakum: watching over ${url}; Ctrl-C ends it`)
    return printLines(fleet, json, signal)
  }
  const paint = paintFor(process.stdout)
  const title = `${paint('bold', 'oakum up')}  ${paint('dim', `${url}  Ctrl-C ends it`)}`
  const table = createLiveTable(fleet, process.stdout, title, paint)
  errors.report = table.report
  await table.show(signal)
}

/** Where errors of the background go: above the table while there is one, else to stderr. */
export interface ErrorSink {
  report: (error: unknown) => void
}

/** Starts a coordinator whose errors are said, and end nothing. */
export function startCoordinator(
  fleet: Fleet,
  options: Pick<CoordinatorOptions, 'claimTtl'> = {},
): { coordinator: Coordinator; errors: ErrorSink } {
  const errors: ErrorSink = { report: error => console.error(describeError(error)) }
  const coordinator = fleet.coordinator({ ...options, onError: error => errors.report(error) })
  coordinator.start()
  return { coordinator, errors }
}
