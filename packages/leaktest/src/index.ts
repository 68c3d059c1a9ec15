/**
 * A leak test that can be believed.
 * @module
 */
export { LEAKTEST_ERROR_CODES, LeaktestError, type LeaktestErrorCode, type LeaktestErrorOptions } from './errors.ts'
export type { AnyClass, Budget, Ignored, LeaktestOptions, Progress, ScenarioDefinition } from './options.ts'
export type {
  CounterName,
  CounterRise,
  Estimate,
  Frame,
  LeakReport,
  LeakSite,
  RetainerPath,
  RetainerStep,
  Verdict,
} from './report.ts'
export type { Scenario, ScenarioContext } from './scenario.ts'
