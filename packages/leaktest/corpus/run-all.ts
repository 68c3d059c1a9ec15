/**
 * Runs the corpus, each case in a process of its own, and says how far the leak test is to be believed.
 *
 *     node --conditions=@oakum/source run-all.ts [PATTERN …] [--half tuned|frozen] [--group leak|control]
 *       [--rounds N] [--parallel N] [--load N] [--json]
 *
 * `--load` keeps the machine busy with so many other processes meanwhile. A PATTERN is a regular expression that a name has to match. Progress goes to stderr; a table and the totals, or all results as
 * JSON, to stdout. Exits 1 when a target of `summary.ts` is missed, 2 when there is nothing to run, 130 when interrupted.
 */
import { parseArgs } from 'node:util'
import { loadCorpus, type CorpusCase } from './index.ts'
import { runIsolated } from './isolated-case.ts'
import { startLoad } from './load.ts'
import type { CaseResult } from './result.ts'
import { formatTable, formatTotals, totalsOf } from './summary.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    half: { type: 'string' },
    group: { type: 'string' },
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
  console.error('Nothing to run: is the half, the group or the pattern right, and are rounds and parallel above 0?')
  process.exit(2)
}

const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
const endLoad = startLoad(Number(values.load))
const results = await runAll(Array.from({ length: rounds }, () => chosen).flat()).finally(endLoad)
if (interrupt.signal.aborted) process.exit(130)
const totals = totalsOf(results)
console.log(values.json ? JSON.stringify({ totals, results }) : `${formatTable(results)}\n\n${formatTotals(totals)}`)
process.exitCode = totals.good ? 0 : 1

async function runAll(cases: readonly CorpusCase[]): Promise<CaseResult[]> {
  const done: CaseResult[] = []
  const waiting = cases.values()
  const work = async (): Promise<void> => {
    for (const next of waiting) {
      if (interrupt.signal.aborted) return
      const result = await runIsolated(next, interrupt.signal)
      done.push(result)
      console.error(`${done.length}/${cases.length} ${result.right ? 'right' : 'WRONG'} ${describe(result)}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return done
}

function describe({ name, report, error }: CaseResult): string {
  return `${name}: ${report?.verdict ?? `${error?.code ?? error?.name}: ${error?.message}`}`
}
