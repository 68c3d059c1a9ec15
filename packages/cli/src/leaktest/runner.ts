/**
 * The program in the process of one file. Its argument is a {@link Job} as JSON; it tells what happens by {@link Message}s.
 *
 * A module that exports scenarios has them run one after the other, and the process then ends, whatever the module left open.
 * One that exports none is taken to call `leaktest()` itself, and runs until it ends.
 */
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { leaktest, type FailedTest, type LeakReport, type Progress } from '@oakum/leaktest'
import { MESSAGES_FD, type Job, type Message } from './messages.ts'
import { scenariosOf, type NamedScenario } from './scenarios.ts'

const PROGRESS_EVERY = 100
/** Whether a leak test runs, by whatever copy of the package; see there. */
const RUNNING = Symbol.for('oakum.leaktest.running')

/** What says nothing of how a scenario ends. */
const PASSING: ReadonlySet<Message['kind']> = new Set(['start', 'progress', 'alive'])

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the command alone
const job = JSON.parse(process.argv[2] ?? '') as Job
// The module sees the command line that it would have by itself.
process.argv.splice(1, process.argv.length, job.file)

let current = job.name
let told = false

// Every report passes here, also that of a module that calls `leaktest()` itself; see the engine.
Object.assign(globalThis, {
  [Symbol.for('oakum.leaktest.report')]: (report: LeakReport) => tell({ kind: 'report', report }),
})
// Begun before the module can put timers of its own in place. A timer that keeps nothing running is none that a leak test
// counts. Outside of a test nobody ends what hangs: there silence has to be noticed.
setInterval(() => {
  if (Reflect.get(globalThis, RUNNING) !== undefined) tell({ kind: 'alive' })
}, job.aliveEvery).unref()
process.on('uncaughtExceptionMonitor', error => tellFailure(error))
process.on('exit', () => {
  if (!told) tell({ kind: 'empty' })
})

const scenarios = await load().catch((error: unknown) => {
  tellFailure(error)
  process.exit(1)
})
if (scenarios.length > 0) {
  await runAll(scenarios)
  process.exit()
}

async function load(): Promise<NamedScenario[]> {
  const module: Record<string, unknown> = await import(pathToFileURL(job.file).href)
  return scenariosOf(module, job.name)
}

async function runAll(all: readonly NamedScenario[]): Promise<void> {
  const chosen = all.filter(({ name }) => job.filter === undefined || name.includes(job.filter))
  tell({ kind: 'list', names: chosen.map(({ name }) => name) })
  for (const { name, scenario, options } of chosen) {
    current = name
    tell({ kind: 'start', name })
    try {
      const { compareTo, ...others } = { ...options, ...job.options, onProgress: progressTeller() }
      const own = job.isCompared || compareTo === undefined ? others : { ...others, compareTo }
      await leaktest<unknown>(name, scenario, own)
    } catch (error) {
      tellFailure(error)
    }
  }
}

function progressTeller(): (progress: Progress) => void {
  let last = -Infinity
  return progress => {
    if (performance.now() < last + PROGRESS_EVERY) return
    last = performance.now()
    tell({ kind: 'progress', progress })
  }
}

function tellFailure(error: unknown): void {
  tell({ kind: 'failed', failed: { name: current, error: describe(error) } })
}

function describe(error: unknown): FailedTest['error'] {
  if (!(error instanceof Error)) return { code: 'UNEXPECTED', message: String(error) }
  // By its name, since a module that calls `leaktest()` itself may have another copy of the package.
  const code = error.name === 'LeaktestError' && 'code' in error ? String(error.code) : 'UNEXPECTED'
  if (code === 'UNEXPECTED') return { code, message: `${error.name}: ${error.message}${placeOf(error)}` }
  return { code, message: error.cause instanceof Error ? `${error.message}${placeOf(error.cause)}` : error.message }
}

/** The first place of the stack that is a file, in parentheses. */
function placeOf({ stack = '' }: Error): string {
  const match = /(?:\(|at (?:async )?)file:\/\/(\/[^)\s]+)/.exec(stack)
  return match?.[1] === undefined ? '' : ` (${match[1]})`
}

function tell(message: Message): void {
  if (!PASSING.has(message.kind)) told = true
  try {
    writeSync(MESSAGES_FD, `${JSON.stringify(message)}\n`)
  } catch {
    process.exit(1) // the command is gone: nobody wants to know any more
  }
}
