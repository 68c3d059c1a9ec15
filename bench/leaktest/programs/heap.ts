/**
 * The two tests that people write by hand: `heap.ts NAME total` compares the heap before and after, `heap.ts NAME slope` takes the
 * Theil–Sen slope of the second half of a series.
 */
import { theilSen, type Reading } from '../../theil-sen.ts'
import { Repeat, settle } from '../repeat.ts'
import { main } from './main.ts'

/** Iterations of `total`, and of `slope` in all. */
const ITERATIONS = 1_000
const POINTS = 40
/** Bytes per iteration above which each says leak; a slope counts from one pointer on. */
const LIMITS = { total: 100, slope: 8 }

await main(async ({ load }) => {
  const kind = process.argv[3] === 'slope' ? 'slope' : 'total'
  const module = await load()
  const repeat = new Repeat(module)
  await repeat.warmUp()
  const bytes = kind === 'slope' ? await slope(repeat, module.options?.iterations) : await total(repeat)
  return { answer: bytes > LIMITS[kind] ? 'leak' : 'clean', detail: `${bytes.toFixed(1)} bytes per iteration` }
})

async function total(repeat: Repeat): Promise<number> {
  const before = heapUsed()
  const done = await repeat.measure(ITERATIONS)
  await settle()
  return (heapUsed() - before) / done
}

async function slope(repeat: Repeat, iterations = ITERATIONS): Promise<number> {
  const points: Reading[] = []
  const until = performance.now() + 3_000
  let at = 0
  while (points.length < POINTS && performance.now() < until) {
    at += await repeat.run(Math.ceil(iterations / POINTS))
    points.push({ at, value: heapUsed() })
  }
  return theilSen(points.slice(points.length >> 1))
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('It needs --expose-gc.')
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
