import type { Coordinator, CoordinatorOptions, Fleet, MemoryWatch, MemoryWatchOptions } from '@oakum/core/fleet'
import { describeError } from '../command/errors.ts'
import { paintFor } from '../output/paint.ts'
import { printLines } from './lines.ts'
import { createLiveTable } from './live-table.ts'

/** Milliseconds between two looks at the memory of agents. */
const LOOK_EVERY = 5_000

export interface StayOptions {
  fleet: Fleet
  memory: MemoryWatch
  /** Where the store is, for people. */
  url: string
  json: boolean
  /** Ends it, in order. */
  signal: AbortSignal
}

/** Shows the fleet until the signal aborts: a table on a terminal, lines elsewhere. Whoever calls has started a coordinator. */
export async function stay({ fleet, memory, url, json, signal }: StayOptions, errors: ErrorSink): Promise<void> {
  if (json || !process.stdout.isTTY) {
    console.error(`oakum: watching over ${url}; Ctrl-C ends it`)
    return printLines(fleet, json, signal)
  }
  const paint = paintFor(process.stdout)
  const title = `${paint('bold', 'oakum up')}  ${paint('dim', `${url}  Ctrl-C ends it`)}`
  const table = createLiveTable({ fleet, memory, terminal: process.stdout, title, paint })
  errors.report = table.report
  await table.show(signal)
}

/** Where errors of the background go: above the table while there is one, else to stderr. */
export interface ErrorSink {
  report: (error: unknown) => void
}

/** Says errors on stderr, until somebody has a better place for them. */
export function createErrorSink(): ErrorSink {
  return { report: error => console.error(describeError(error)) }
}

export interface StartOptions extends Pick<CoordinatorOptions, 'claimTtl'> {
  /** @default a new one */
  errors?: ErrorSink
  /** What counts as a leak. */
  leak?: Required<Pick<MemoryWatchOptions, 'threshold' | 'window'>> | undefined
}

export interface Started {
  coordinator: Coordinator
  memory: MemoryWatch
  errors: ErrorSink
}

/** Starts a coordinator and a memory watch whose errors are said, and end nothing. The fleet's `close` stops both. */
export function startCoordinator(fleet: Fleet, options: StartOptions = {}): Started {
  const { errors = createErrorSink(), leak, ...rest } = options
  const onError = (error: unknown): void => errors.report(error)
  const coordinator = fleet.coordinator({ ...rest, onError })
  const every = Math.min(LOOK_EVERY, (leak?.window ?? Infinity) / 10)
  const memory = fleet.memoryWatch({ every, ...leak, onError })
  coordinator.start()
  memory.start()
  return { coordinator, memory, errors }
}
