import { formatWatch, watch, type WatchReport } from '@oakum/leaktest'
import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { formatObservation } from '../diagnose/format.ts'
import { observe, type Observation } from '../diagnose/observe.ts'
import { openProgress } from '../diagnose/progress.ts'
import { findTarget, type Target } from '../diagnose/target.ts'
import { paintFor } from '../output/paint.ts'
import { json as toJson } from '../output/text.ts'

/** Milliseconds. */
const SHORTEST = 1_000

/** Looks into a heap, each of which halts the program, and the milliseconds between two at least. */
const HEAP_READINGS = 20
const HEAP_EVERY_AT_LEAST = 200

export const command: Command = defineCommand({
  name: 'diagnose',
  examples: ['coder-1', '4711 --for 5m', '4711 --heap'],
  args: {
    target: { type: 'positional', required: true, description: 'An agent, by its id, or a process, by its pid' },
    for: { type: 'string', valueHint: '60s', default: '60s', description: 'How long to look' },
    heap: {
      type: 'boolean',
      default: false,
      description: 'Of a Node process: also what grows in its heap; opens its inspector',
    },
    ...storeArgs,
    ...jsonArgs,
  },
  async run({ args: { target: word, for: time, heap, store, json } }) {
    const duration = parseDuration(time, '--for')
    if (duration < SHORTEST) throw new UsageError('--for has to be 1s or more: less tells nothing')
    const target = await findTarget(word, storeUrl(store))
    const [observation, report] = await look(target, duration, heap)
    if (json) console.log(toJson({ ...nameOf(target), ...observation, ...(report === null ? {} : { heap: report }) }))
    else print(target, observation, report)
    return observation.verdict === 'grows' || report?.verdict === 'grows' ? EXIT.failed : EXIT.ok
  },
})

/** Both looks at once. The watch of the heap takes longer, and is looked on until it ends; the one that fails ends the other. */
async function look(target: Target, duration: number, heap: boolean): Promise<[Observation, WatchReport | null]> {
  const interruption = listenForInterrupts()
  const progress = openProgress(duration)
  const watched = new AbortController()
  const failed = new AbortController()
  const either = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failed.abort(error)
      throw error
    })
  const end = AbortSignal.any([interruption.signal, failed.signal])
  try {
    const watching = heap
      ? either(watchHeap(target, duration, { failed: failed.signal, interrupted: interruption.signal })).finally(() =>
          watched.abort(),
        )
      : null
    const until = heap ? AbortSignal.any([end, watched.signal]) : end
    const looking = either(observe(target, { duration, endless: heap, signal: until, onReading: progress.show }))
    await Promise.allSettled([looking, watching])
    if (failed.signal.aborted) throw failed.signal.reason
    return [await looking, await watching]
  } finally {
    progress.close()
    interruption.release()
  }
}

/** Null when it was interrupted: half of a watch tells nothing. */
async function watchHeap(
  { root }: Target,
  duration: number,
  { failed, interrupted }: { failed: AbortSignal; interrupted: AbortSignal },
): Promise<WatchReport | null> {
  const every = Math.max(HEAP_EVERY_AT_LEAST, duration / HEAP_READINGS)
  try {
    return await watch(root.pid, { for: duration, every, signal: AbortSignal.any([failed, interrupted]) })
  } catch (error) {
    if (interrupted.aborted) return null
    throw error
  }
}

function nameOf({ agent, root }: Target): { agent?: string; process: Target['root'] } {
  return { ...(agent === undefined ? {} : { agent }), process: root }
}

function print(target: Target, observation: Observation, report: WatchReport | null): void {
  const paint = paintFor(process.stdout)
  console.log(formatObservation(observation, target, paint).join('\n'))
  if (report !== null) console.log(`\n${formatWatch(report, { colour: paint('bold', 'x') !== 'x' })}`)
  else if (target.isNode && observation.trends.memory?.verdict === 'grows') console.log(paint('dim', MAYBE_GARBAGE))
}

const MAYBE_GARBAGE = '  What Node has not collected yet is part of it. What stays, and which code makes it: --heap'
