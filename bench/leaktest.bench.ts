/**
 * What finds a leak: the leak test, its peers, and the two tests that people write by hand, over the whole corpus, one process after the
 * other.
 *
 * `npm ci --prefix bench/peers` once; then `npm run bench:leaktest` prints the table. With `-- --save` it is written to
 * bench/results/leaktest.md as well; `-- --only TOOL` (may be repeated) and `-- --cases PATTERN` run a part. Progress goes to stderr.
 * Exits 1 when a target is missed, 2 when there is nothing to run, 130 when interrupted, after the table of what was done.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { loadCorpus } from '../packages/leaktest/corpus/index.ts'
import type { Outcome } from './leaktest/answer.ts'
import { runTool } from './leaktest/run-tool.ts'
import { missedTargets, render } from './leaktest/table.ts'
import { TOOLS } from './leaktest/tools.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    cases: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
  },
})
const pattern = new RegExp(values.cases)
const tools = TOOLS.filter(({ name }) => values.only?.includes(name) ?? true)
const cases = (await loadCorpus()).filter(({ name }) => pattern.test(name))
const unknown = (values.only ?? []).filter(name => !TOOLS.some(tool => tool.name === name))
if (unknown.length > 0 || cases.length === 0) {
  console.error(
    `Nothing to run: the tools are ${TOOLS.map(({ name }) => name).join(', ')}, and PATTERN has to match a case.`,
  )
  process.exit(2)
}

const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
const outcomes = await runAll()
const report = render(tools, outcomes)
console.log(report)
const missed = missedTargets(outcomes)
for (const what of missed) console.error(`missed: ${what}`)
// By its exit code alone: process.exit() would cut what a pipe has not taken yet.
if (interrupt.signal.aborted) process.exitCode = 130
else {
  if (values.save) await save(report)
  process.exitCode = missed.length > 0 ? 1 : 0
}

/** Case by case, so that a slow minute of the machine meets all tools alike. */
async function runAll(): Promise<Outcome[]> {
  const done: Outcome[] = []
  for (const corpusCase of cases) {
    for (const tool of tools) {
      const outcome = await runTool(tool, corpusCase, interrupt.signal)
      if (interrupt.signal.aborted) return done
      done.push(outcome)
      const { answer, detail = '', wall } = outcome
      const progress = `${done.length}/${cases.length * tools.length} ${corpusCase.group} ${corpusCase.name}, ${tool.name}`
      console.error(`${progress}: ${answer} (${detail}) in ${(wall / 1_000).toFixed(1)} s`)
    }
  }
  return done
}

async function save(text: string): Promise<void> {
  const directory = new URL('results/', import.meta.url)
  await mkdir(directory, { recursive: true })
  await writeFile(new URL('leaktest.md', directory), text)
}
