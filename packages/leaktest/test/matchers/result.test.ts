import { describe, expect, it } from 'vitest'
import { judgeScenario, resultOf } from '../../src/matchers/to-be-leak-free.ts'
import { boundedReport, cleanReport, inconclusiveReport, leakReport } from '../support/reports.ts'

/** Whether the framework calls the assertion failed: it turns `pass` around for `.not`. */
function fails(report: Parameters<typeof resultOf>[0], isNot: boolean): boolean {
  return resultOf(report, isNot).pass === isNot
}

describe('what a verdict means to the assertion', () => {
  it.each([
    ['clean', cleanReport(), false, true],
    ['bounded', boundedReport(), false, true],
    ['leak', leakReport(), true, false],
    ['inconclusive', inconclusiveReport(), true, true],
  ] as const)('%s', (_, report, failsAsIs, failsNot) => {
    expect(fails(report, false)).toBe(failsAsIs)
    expect(fails(report, true)).toBe(failsNot)
  })

  it('tells what was found', () => {
    expect(resultOf(leakReport(), false).message()).toContain('retained by signal → listeners → closure')
    expect(resultOf(cleanReport(), true).message()).toMatch(/expected to leak, and does not[^]*✓ clean/)
    expect(resultOf(inconclusiveReport(), true).message()).toMatch(/could not be told[^]*too few to tell/)
  })

  it('refuses what is no scenario, such as a promise', async () => {
    const refused = judgeScenario({}, Promise.resolve())
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('() => …') })
  })
})
