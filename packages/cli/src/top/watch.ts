/**
 * `oakum top` on a terminal: drawn in place, sorted by a key, until q or Ctrl-C.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '@oakum/core/fleet'
import { describeError } from '../command/errors.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { openLiveRegion } from '../output/live.ts'
import { paintFor } from '../output/paint.ts'
import { printLine } from '../output/print.ts'
import { json as toJson } from '../output/text.ts'
import { listenForKeys } from './keys.ts'
import { TopSampler, type TopSample } from './sampler.ts'
import { sortOfKey, sortRows, type Sort } from './sort.ts'
import { formatKeys, formatTop } from './table.ts'

/** Milliseconds between the first look, which knows no processor times yet, and the second. */
const FIRST_AFTER = 500
/** Sums, titles, keys, and the empty lines between. */
const OTHER_LINES = 5

export interface TopOptions {
  sort: Sort
  /** Milliseconds between two looks. */
  interval: number
  /** How many looks are shown. */
  count: number
}

/** One look, with processor times. */
export async function lookOnce(fleet: Fleet): Promise<TopSample> {
  const sampler = new TopSampler(fleet)
  await sampler.next()
  await sleep(FIRST_AFTER)
  return sampler.next()
}

/** Prints a line of JSON for each look. */
export async function printLooks(fleet: Fleet, { sort, interval, count }: TopOptions): Promise<void> {
  const interruption = listenForInterrupts()
  const { signal } = interruption
  try {
    const sampler = new TopSampler(fleet)
    await sampler.next()
    for (let shown = 0; shown < count && !signal.aborted; shown++) {
      await sleep(shown === 0 ? Math.min(FIRST_AFTER, interval) : interval, undefined, { signal }).catch(
        () => undefined,
      )
      if (signal.aborted) return
      const sample = await sampler.next()
      await printLine(toJson({ ...sample, agents: sortRows(sample.agents, sort) }), signal)
    }
  } finally {
    interruption.release()
  }
}

/** Draws it until the user has seen enough. */
export async function showTop(fleet: Fleet, options: TopOptions): Promise<void> {
  const interruption = listenForInterrupts()
  try {
    await draw(fleet, options, interruption.signal)
  } finally {
    interruption.release()
  }
}

async function draw(fleet: Fleet, { sort, interval, count }: TopOptions, interrupted: AbortSignal): Promise<void> {
  const paint = paintFor(process.stdout)
  const quit = new AbortController()
  const signal = AbortSignal.any([interrupted, quit.signal])
  const sampler = new TopSampler(fleet)
  let sample = await sampler.next()
  let by = sort
  const region = openLiveRegion(process.stdout, ({ columns, rows }) => [
    ...formatTop(sample, { paint, sort: by, width: columns, rows: Math.max(1, rows - OTHER_LINES) }),
    ...(process.stdin.isTTY ? ['', formatKeys(by, paint)] : []),
  ])
  const giveBack = process.stdin.isTTY
    ? listenForKeys(process.stdin, {
        onEnd: () => quit.abort(),
        onKey(key) {
          if (key === 'q') quit.abort()
          by = sortOfKey(key) ?? by
          region.invalidate()
        },
      })
    : undefined
  try {
    for (let shown = 0; shown < count && !signal.aborted; shown++) {
      await sleep(shown === 0 ? Math.min(FIRST_AFTER, interval) : interval, undefined, { signal }).catch(
        () => undefined,
      )
      if (signal.aborted) return
      await sampler.next().then(
        next => (sample = next),
        (error: unknown) => region.log(paint('red', describeError(error))),
      )
      region.invalidate()
    }
  } finally {
    giveBack?.()
    region.close()
  }
}
