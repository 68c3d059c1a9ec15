/**
 * The leak test.
 *
 * Two kinds of evidence, each of which is enough: code whose old allocations still have survivors, and counters that rise
 * without end. The heap's growth decides only where neither objects nor handles are made.
 */
import { compareToBaseline, readBaseline } from './baseline.ts'
import { now, requireCollector, withoutOptimizing } from './engine.ts'
import { LeaktestError } from './errors.ts'
import { Inspector } from './inspector.ts'
import { Iterations } from './iterate.ts'
import { validateOptions, type LeaktestOptions } from './options.ts'
import type { LeakReport } from './report.ts'
import { reportOn } from './verdict.ts'
import type { Scenario } from './scenario.ts'
import { Trial } from './trial.ts'

/** One per process, also when two copies of this package are in it. */
const RUNNING = Symbol.for('oakum.leaktest.running')
/** Who is told of each report: the command sets it. */
const REPORT = Symbol.for('oakum.leaktest.report')

interface Shared {
  [RUNNING]?: string | undefined
  [REPORT]?: (report: LeakReport) => void
}

/**
 * Repeats a scenario and says whether something of it stays.
 *
 * Needs `--expose-gc`. One test at a time in a process; nothing else may allocate meanwhile. While it runs, the engine does
 * not optimise; afterwards everything is as before.
 *
 * @returns what was found; a leak is a result, not an error.
 * @throws LeaktestError GC_MISSING, INSPECTOR_MISSING, LEAKTEST_CONCURRENT, INVALID_OPTION; SCENARIO_FAILED or
 *   SCENARIO_TIMEOUT with the iteration; ABORTED; BASELINE_UNREADABLE.
 *
 * @example
 * ```ts
 * const report = await leaktest('cancel', async () => {
 *   const agent = new AgentLoop()
 *   await agent.start()
 *   await agent.cancel()
 * })
 * assert.equal(report.verdict, 'clean')
 * ```
 */
export async function leaktest<F = undefined>(
  name: string,
  scenario: Scenario<NoInfer<F>>,
  options: LeaktestOptions<F> = {},
): Promise<LeakReport> {
  validateOptions(name, scenario, options)
  const shared: typeof globalThis & Shared = globalThis
  const running = shared[RUNNING]
  if (running !== undefined) {
    const message = `"${name}" cannot run while "${running}" runs: each would count what the other makes. Run one after the other.`
    throw new LeaktestError('LEAKTEST_CONCURRENT', message, { facts: { name, running } })
  }
  requireCollector()
  const baseline = options.compareTo === undefined ? undefined : readBaseline(options.compareTo)
  shared[RUNNING] = name
  try {
    const found = await measure(name, scenario, options)
    const report = baseline === undefined ? found : compareToBaseline(found, baseline)
    shared[REPORT]?.(report)
    return report
  } finally {
    shared[RUNNING] = undefined
  }
}

async function measure<F>(name: string, scenario: Scenario<F>, options: LeaktestOptions<F>): Promise<LeakReport> {
  const began = now()
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const releases: (() => void)[] = []
  try {
    const inspector = new Inspector()
    releases.push(() => inspector.close())
    releases.push(withoutOptimizing())
    const iterations = new Iterations(scenario, options, seed)
    releases.push(() => iterations.close())
    const trial = new Trial(iterations, inspector, options)
    releases.push(() => trial.close())
    const evidence = await trial.run()
    trial.close()
    const report = await reportOn({ name, evidence, options, seed, began, inspector, iterations })
    iterations.throwIfAborted()
    return report
  } finally {
    for (const release of releases.toReversed()) release()
  }
}
