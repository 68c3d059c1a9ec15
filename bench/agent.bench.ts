/**
 * What is left of cancelled agents: ours around each client, beside the clients alone and the loops that others have, each row in
 * processes of its own against a model's service on the loopback.
 *
 * `npm ci --prefix bench/peers` once; then `npm run bench:agent` prints the tables, within an hour. With `-- --save` they are written to
 * bench/results/agent.md as well; `-- --only PATTERN` (may be repeated) runs the rows whose name matches, as `cancels openai break`;
 * `-- --count N` repeats nothing more often than that; `-- --out FILE` keeps each row in a file, and goes on from there. Progress goes to
 * stderr. Exits 1 when a target is missed, 2 when there is nothing to run, 130 when interrupted, after the tables of what was done.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { OutcomeLog, type Outcome } from './agent/log.ts'
import { measure } from './agent/measure.ts'
import { rowsOf, type Row } from './agent/rows.ts'
import { render } from './agent/table.ts'
import { missedTargets } from './agent/targets.ts'

/** How long a row may take, in milliseconds. */
const LIMIT = 1_800_000
/** Milliseconds between two words on a long row. */
const PROGRESS_EVERY = 20_000

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    count: { type: 'string', default: 'Infinity' },
    out: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const patterns = values.only.map(pattern => new RegExp(pattern))
const all = rowsOf(count)
const rows = all.filter(({ name }) => patterns.some(pattern => pattern.test(name)))
if (!(count >= 20) || rows.length === 0) {
  refuse(
    `Nothing to run: N is at least 20, and a PATTERN has to match one of\n${all.map(({ name }) => name).join('\n')}`,
  )
}
if (values.save && (count < Infinity || rows.length < all.length)) refuse('Only a whole run is saved.')

const log = new OutcomeLog(values.out)
const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())
const outcomes = await runAll()
const report = render(outcomes)
console.log(report)
const missed = missedTargets(outcomes)
for (const what of missed) console.error(`missed: ${what}`)
// By its exit code alone: process.exit() would cut what a pipe has not taken yet.
if (interrupt.signal.aborted) process.exitCode = 130
else {
  if (values.save) await save(report)
  process.exitCode = missed.length > 0 ? 1 : 0
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

async function runAll(): Promise<Outcome[]> {
  const done: Outcome[] = []
  for (const row of rows) {
    const known = log.find(row)
    const outcome = known ?? (await run(row))
    if (interrupt.signal.aborted) return done
    if (known === undefined) log.add(outcome)
    done.push(outcome)
    const result = outcome.error ?? (known === undefined ? `${(outcome.wall / 1_000).toFixed(1)} s` : 'known')
    console.error(`${done.length}/${rows.length} ${row.name}: ${result}`)
  }
  return done
}

/** Never rejects: what went wrong is part of the outcome. */
async function run(row: Row): Promise<Outcome> {
  const started = performance.now()
  try {
    const onProgress = reporter(row.name)
    const figures = await measure(row, { limit: LIMIT, signal: interrupt.signal, onProgress })
    return { row, figures, wall: performance.now() - started }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { row, error: text, wall: performance.now() - started }
  }
}

/** Tells how far a long row is, every so often. */
function reporter(name: string): (done: number) => void {
  let told = performance.now()
  return done => {
    if (performance.now() - told < PROGRESS_EVERY) return
    told = performance.now()
    console.error(`  ${name}: ${Math.round(done * 100)} %`)
  }
}

async function save(text: string): Promise<void> {
  const directory = new URL('results/', import.meta.url)
  await mkdir(directory, { recursive: true })
  await writeFile(new URL('agent.md', directory), text)
}
