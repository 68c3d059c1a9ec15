/**
 * The assertion itself, without a test framework.
 *
 * Clean and bounded are leak-free. Inconclusive is neither: it fails the assertion, and its opposite as well, since what could
 * not be told must not pass for either.
 */
import { LeaktestError } from '../errors.ts'
import { formatText } from '../format/index.ts'
import { leaktest } from '../leaktest.ts'
import type { LeaktestOptions } from '../options.ts'
import type { LeakReport } from '../report.ts'
import type { Scenario } from '../scenario.ts'

/** What vitest and jest tell a matcher. */
export interface MatcherContext {
  readonly isNot?: boolean
  readonly currentTestName?: string | undefined
}

/** What vitest and jest take from a matcher; they turn `pass` around for `.not`. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/** Runs the leak test on the scenario that `expect` was given. Rejects as `leaktest` does. */
export async function judgeScenario(
  context: MatcherContext,
  scenario: unknown,
  options: LeaktestOptions = {},
): Promise<MatcherResult> {
  if (!isScenario(scenario)) {
    const message = 'toBeLeakFree() needs the scenario itself: `await expect(() => …).toBeLeakFree()`.'
    throw new LeaktestError('INVALID_OPTION', message, { facts: { scenario: typeof scenario } })
  }
  const name = context.currentTestName ?? (scenario.name || 'scenario')
  return resultOf(await leaktest<unknown>(name, scenario, options), context.isNot === true)
}

/** What a report means for the assertion, or for its opposite. */
export function resultOf(report: LeakReport, isNot: boolean): MatcherResult {
  const { verdict } = report
  const pass = verdict === 'inconclusive' ? isNot : verdict !== 'leak'
  return { pass, message: () => `${expectation(report, isNot)}\n\n${formatText(report)}` }
}

function expectation({ verdict }: LeakReport, isNot: boolean): string {
  if (verdict === 'inconclusive') return 'Whether the scenario leaks could not be told.'
  return isNot ? 'The scenario was expected to leak, and does not.' : 'The scenario leaks.'
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'function'
}
