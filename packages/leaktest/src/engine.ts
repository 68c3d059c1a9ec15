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
        'pool `forks`; jest: `node --expose-gc --experimental-vm-modules node_modules/jest/bin/jest.js`; node:test: ' +
        '`node --expose-gc --test`; or use `oakum leaktest`, which passes it).',
    )
  }
  return () => gc()
}

const MAJOR = Number.parseInt(process.versions.node)

/** V8's flags for TurboFan, Maglev and Sparkplug; the code that the last one makes lies on the heap. */
const COMPILERS = ['opt', 'maglev', 'sparkplug'].filter(isOnBefore)
const SWITCHED = [...COMPILERS, ...['flush-bytecode'].filter(isOnBefore)]

/** Whether a flag was on when Node started: V8 does not tell. Releases before 24 have Maglev off. */
function isOnBefore(flag: string): boolean {
  const given = new Set(
    [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(' ')].map(word => word.replaceAll('_', '-')),
  )
  if (given.has(`--no-${flag}`)) return false
  return flag !== 'maglev' || given.has('--maglev') || MAJOR >= 24
}

/** Optimises while `work` runs: reading the evidence goes over some ten thousand survivors. */
export function optimizing<T>(work: () => T): T {
  for (const flag of COMPILERS) setFlagsFromString(`--${flag}`)
  try {
    return work()
  } finally {
    for (const flag of COMPILERS) setFlagsFromString(`--no-${flag}`)
  }
}

/** Switches the optimising compilers off. Returns what switches them on again. */
export function withoutOptimizing(): () => void {
  // Optimised code that is there already keeps running: the warm-up comes after this, and deoptimises nothing.
  for (const flag of SWITCHED) setFlagsFromString(`--no-${flag}`)
  return () => {
    for (const flag of SWITCHED) setFlagsFromString(`--${flag}`)
  }
}

/** Bytes of the heap in use. */
export function heapUsed(): number {
  return getHeapStatistics().used_heap_size
}

/** Bytes that V8 adds to the limit of the old generation for the young one, at most; releases from 26 on add less. */
const YOUNG = (MAJOR >= 24 ? 192 : 48) * 2 ** 20

/** The part of the old generation's limit that is in use, 0 to 1. The process dies when it is full. */
export function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / (limit - YOUNG)
}
