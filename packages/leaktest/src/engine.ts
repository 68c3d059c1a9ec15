/**
 * What of the JavaScript engine a leak test needs and changes.
 *
 * Optimised code joins allocations together and moves them, so that some are never sampled: it is switched off while a
 * test runs, and on again after it. Timers and clocks are taken when this module loads, since a scenario may put its own in
 * their place.
 */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { LeaktestError } from './errors.ts'

const setTimer = setTimeout
const nextTurn = setImmediate
const clock = performance.now.bind(performance)
const elu = performance.eventLoopUtilization.bind(performance)

/** Milliseconds of a clock that only goes forward. */
export function now(): number {
  return clock()
}

/**
 * Milliseconds in which this thread worked, or waited for what is not a processor: on a loaded machine a test takes longer,
 * and sees as much. Where the system does not tell, those of {@link now}.
 */
export function ownTime(): number {
  const worked = onProcessor()
  return worked === undefined ? now() : worked + elu().idle
}

/** Milliseconds for which this thread had a processor so far. */
function onProcessor(): number | undefined {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => void setTimer(resolve, milliseconds))
}

/** Resolves in the next turn of the event loop, when what was ready in this one has run. */
export function turn(): Promise<void> {
  return new Promise(resolve => void nextTurn(resolve))
}

/** Collects all garbage. Throws GC_MISSING. */
export function collect(): void {
  requireCollector()()
}

/** What collects all garbage. Throws GC_MISSING. */
export function requireCollector(): () => void {
  const { gc } = globalThis
  if (gc === undefined) {
    throw new LeaktestError(
      'GC_MISSING',
      'A leak test needs the garbage collector: start Node with --expose-gc (vitest: `execArgv: ["--expose-gc"]` with the ' +
        'pool `forks`; jest: `node --expose-gc node_modules/.bin/jest`; or use `oakum leaktest`, which passes it).',
    )
  }
  return () => gc()
}

/** V8's flags for TurboFan, Maglev and Sparkplug; the code that the last one makes lies on the heap. */
const OPTIMIZING = ['opt', 'maglev', 'sparkplug', 'flush-bytecode']

/** Optimises while `work` runs: reading the evidence goes over some ten thousand survivors. */
export function optimizing<T>(work: () => T): T {
  const off = OPTIMIZING.filter(flag => flag !== 'flush-bytecode')
  for (const flag of off) setFlagsFromString(`--${flag}`)
  try {
    return work()
  } finally {
    for (const flag of off) setFlagsFromString(`--no-${flag}`)
  }
}

/** Switches the optimising compilers off. Returns what switches them on again. */
export function withoutOptimizing(): () => void {
  // Optimised code that is there already keeps running: the warm-up comes after this, and deoptimises nothing.
  for (const compiler of OPTIMIZING) setFlagsFromString(`--no-${compiler}`)
  return () => {
    for (const compiler of OPTIMIZING) setFlagsFromString(`--${compiler}`)
  }
}

/** Bytes of the heap in use. */
export function heapUsed(): number {
  return getHeapStatistics().used_heap_size
}

/** The part of the heap's limit that is in use, 0 to 1. */
export function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}
