/**
 * Leak tests in pairs: what Oakum does leaves nothing, and its planted twin, which forgets just one thing, is caught with
 * the function that forgot it.
 */
import { formatText, leaktest, type LeakReport, type LeaktestOptions, type Scenario } from '@oakum/leaktest'
import { expect } from 'vitest'

/** Enough for what stays of each iteration; a leak has to stay in twice as many. */
const PLANTED = 480

/** Where an iteration takes milliseconds, there are few, and few of the small objects are sampled: what is forgotten is as long. */
export const LARGE = { length: 10_000 }

/** Fails, and shows the report, unless nothing of the scenario stays. */
export async function expectClean(scenario: Scenario, options?: LeaktestOptions<undefined>): Promise<void> {
  const report = await leaktest(nameOfTest(), scenario, options)
  expect(report.verdict, formatText(report)).toBe('clean')
}

/** Fails, and shows the report, when more and more stays. What is bounded, at whatever number, may stay. */
export async function expectNoLeak(scenario: Scenario, options?: LeaktestOptions<undefined>): Promise<void> {
  const report = await leaktest(nameOfTest(), scenario, options)
  expect(['clean', 'bounded'], formatText(report)).toContain(report.verdict)
}

/** Fails, and shows the report, unless the scenario keeps what about so many of the newest iterations made, and no more. */
export async function expectBounded(
  iterations: number,
  scenario: Scenario,
  options?: LeaktestOptions<undefined>,
): Promise<void> {
  const report = await leaktest(nameOfTest(), scenario, options)
  const { verdict, bound = Number.NaN } = report
  expect(verdict, formatText(report)).toBe('bounded')
  expect(Math.abs(bound / iterations - 1), formatText(report)).toBeLessThan(0.2)
}

/** The function that forgets something, and the file that it stands in. */
export interface Culprit {
  readonly function: string
  readonly file: string
}

/** Fails, and shows the report, unless the scenario leaks, and the culprit is one of its sites. */
export async function expectCaught(
  culprit: Culprit,
  planted: Scenario,
  options: LeaktestOptions<undefined> = {},
): Promise<LeakReport> {
  // The sites are known without the snapshot, which takes most of the time.
  const report = await leaktest(nameOfTest(), planted, { iterations: PLANTED, retainers: false, ...options })
  const text = formatText(report)
  expect(report.verdict, text).toBe('leak')
  const named = report.sites.filter(({ file, function: name }) => file === culprit.file && name === culprit.function)
  expect(named, `${culprit.function} is no site of this:\n${text}`).not.toEqual([])
  return report
}

function nameOfTest(): string {
  return expect.getState().currentTestName ?? 'scenario'
}
