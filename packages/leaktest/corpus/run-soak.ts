/**
 * The long proof: 1,000 verdicts over the controls and 1,000 over the leaks beside a load of 8 processes, then the whole corpus
 * once in each runner and on each release of Node.
 *
 *     node --conditions=@oakum/source run-soak.ts --out FILE [--parallel N] [--minutes N] [PART …]
 *
 * Each verdict is a line of FILE, and is not asked for again by a later run with the same file and the same sources; sources that
 * change meanwhile end the run. So do `--minutes`, when what is under way has come to its verdict. PARTs are named in
 * `soak/parts.ts`; without any all run. Needs `npm ci --prefix bench/peers` and `npm ci --prefix bench/nodes`. Progress goes to
 * stderr, the table to stdout.
 * Exits 1 when a target is missed or something is left to do, 2 when it cannot run, 130 when interrupted.
 */
import { parseArgs } from 'node:util'
import { inParallel } from './in-parallel.ts'
import { loadCorpus } from './index.ts'
import { runIsolated } from './isolated-case.ts'
import { startLoad } from './load.ts'
import { describeResult } from './result.ts'
import { SoakLog } from './soak/log.ts'
import { casesOf, PARTS, type Part } from './soak/parts.ts'
import { formatSoak, missesOf } from './soak/summary.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    parallel: { type: 'string', default: '2' },
    minutes: { type: 'string', default: 'Infinity' },
  },
})
const parallel = Number(values.parallel)
const minutes = Number(values.minutes)
const unknown = positionals.find(name => !PARTS.some(part => part.name === name))
if (values.out === undefined) refuse('Say by --out where the verdicts go.')
if (unknown !== undefined) refuse(`There is no part ${unknown}; there are ${PARTS.map(({ name }) => name).join(', ')}.`)
if (!Number.isSafeInteger(parallel) || parallel < 1 || !(minutes > 0)) refuse('--parallel and --minutes are above 0.')

const corpus = await loadCorpus()
const parts = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const log = new SoakLog(values.out)
const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
const deadline = performance.now() + minutes * 60_000

for (const { surroundings } of parts) tryTo(surroundings)
for (const part of parts) await run(part)
if (interrupt.signal.aborted) process.exit(130)
const found = parts.map(part => ({
  name: part.name,
  of: casesOf(part, corpus).length,
  results: log.results(part.name),
}))
console.log(formatSoak(found))
process.exitCode = missesOf(found).length === 0 ? 0 : 1

async function run(part: Part): Promise<void> {
  const { name, load = 0 } = part
  const cases = casesOf(part, corpus)
  const missing = cases.map((corpusCase, index) => ({ corpusCase, index })).filter(({ index }) => !log.has(name, index))
  if (missing.length === 0 || isOver()) return
  const surroundings = part.surroundings()
  const endLoad = startLoad(load)
  const work = inParallel(missing, { parallel, signal: interrupt.signal }, async ({ corpusCase, index }) => {
    if (isOver()) return
    const result = await runIsolated(corpusCase, interrupt.signal, surroundings)
    if (interrupt.signal.aborted) return
    tryTo(() => log.add(name, index, result))
    console.error(`${name} ${log.results(name).length}/${cases.length} ${describeResult(result)}`)
  })
  await work.finally(endLoad)
}

function isOver(): boolean {
  return performance.now() >= deadline || interrupt.signal.aborted
}

function tryTo(prepare: () => unknown): void {
  try {
    prepare()
  } catch (error) {
    // What is under way has processes of its own.
    interrupt.abort()
    refuse(error instanceof Error ? error.message : String(error))
  }
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
