/**
 * Runs the corpus, each case in a process of its own, and says how far the leak test is to be believed.
 *
 *     node --conditions=@oakum/source run-all.ts [PATTERN …] [--half tuned|frozen] [--group leak|control]
 *       [--in process|vitest-forks|vitest-threads|jest|node-test|cli] [--node 22|24|26]
 *       [--rounds N] [--parallel N] [--load N] [--json]
 *
 * A PATTERN is a regular expression that a name has to match. `--in` says by which runner the cases run, `--node` by which release
 * of Node; jest comes by `npm ci --prefix bench/peers`, other releases by `npm ci --prefix bench/nodes`. `--load` keeps the machine
 * busy with so many other processes meanwhile. Progress goes to stderr; a table and the totals, or all results as JSON, to stdout.
 * Exits 1 when a target of `summary.ts` is missed, 2 when there is nothing to run, 130 when interrupted.
 */
import { parseArgs } from 'node:util'
import { inParallel } from './in-parallel.ts'
import { loadCorpus } from './index.ts'
import { runIsolated } from './isolated-case.ts'
import { startLoad } from './load.ts'
import { describeResult, type CaseResult } from './result.ts'
import { surroundingsOf, type Surroundings } from './runners/surroundings.ts'
import { formatTable, formatTotals, totalsOf } from './summary.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    half: { type: 'string' },
    group: { type: 'string' },
    in: { type: 'string', default: 'process' },
    node: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '1' },
    load: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})
const patterns = positionals.map(pattern => new RegExp(pattern))
const chosen = (await loadCorpus()).filter(
  ({ name, half, group }) =>
    (values.half ?? half) === half &&
    (values.group ?? group) === group &&
    (patterns.length === 0 || patterns.some(pattern => pattern.test(name))),
)
const rounds = Number(values.rounds)
const parallel = Number(values.parallel)
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0
if (chosen.length === 0 || !isCount(rounds) || !isCount(parallel)) {
  refuse('Nothing to run: is the half, the group or the pattern right, and are rounds and parallel above 0?')
}
const surroundings = chooseSurroundings()

const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
const endLoad = startLoad(Number(values.load))
const results: CaseResult[] = []
const cases = Array.from({ length: rounds }, () => chosen).flat()
await inParallel(cases, { parallel, signal: interrupt.signal }, async next => {
  const result = await runIsolated(next, interrupt.signal, surroundings)
  results.push(result)
  console.error(`${results.length}/${cases.length} ${describeResult(result)}`)
}).finally(endLoad)
if (interrupt.signal.aborted) process.exit(130)
const totals = totalsOf(results)
console.log(values.json ? JSON.stringify({ totals, results }) : `${formatTable(results)}\n\n${formatTotals(totals)}`)
process.exitCode = totals.good ? 0 : 1

function chooseSurroundings(): Surroundings {
  try {
    return surroundingsOf(values.in, values.node)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
