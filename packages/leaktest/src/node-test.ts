/**
 * Leak tests for Node's own test runner.
 * @module
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILING_VERDICTS, formatText } from './format/index.ts'
import { leaktest } from './leaktest.ts'
import type { LeaktestOptions } from './options.ts'
import type { Scenario } from './scenario.ts'

/**
 * Registers a test that fails when the scenario leaks, or when that could not be told; its message is the report. Run it by
 * `node --expose-gc --test`.
 *
 * @example
 * ```ts
 * leakTest('leaves nothing when cancelled', async () => {
 *   const agent = new AgentLoop()
 *   await agent.cancel()
 * })
 * ```
 */
export function leakTest<F = undefined>(name: string, scenario: Scenario<F>, options: LeaktestOptions<F> = {}): void {
  // The runner keeps the test itself; its promise tells nothing that the runner does not.
  void test(name, async context => {
    const signals = options.signal === undefined ? [context.signal] : [context.signal, options.signal]
    const report = await leaktest(name, scenario, { ...options, signal: AbortSignal.any(signals) })
    const text = formatText(report)
    if (FAILING_VERDICTS.has(report.verdict)) assert.fail(text)
    context.diagnostic(text)
  })
}
