/**
 * A leak test that can be believed.
 * @module
 */
export {
  compareToBaseline,
  readBaseline,
  saveBaseline,
  updateBaseline,
  type Baseline,
  type BaselineEntry,
} from './baseline.ts'
export { LEAKTEST_ERROR_CODES, LeaktestError, type LeaktestErrorCode, type LeaktestErrorOptions } from './errors.ts'
export { describeFindings, type Found } from './findings.ts'
export {
  countOutcomes,
  FAILING_VERDICTS,
  formatJsonLines,
  formatJunit,
  formatMarkdown,
  formatSvg,
  formatText,
  isReport,
  type FailedTest,
  type JunitOptions,
  type MarkdownOptions,
  type SvgOptions,
  type TestOutcome,
  type TextOptions,
} from './format/index.ts'
export { leaktest } from './leaktest.ts'
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
export {
  formatWatch,
  watch,
  type FormatWatchOptions,
  type WatchOptions,
  type WatchReading,
  type WatchReport,
  type WatchRise,
  type WatchSite,
  type WatchVerdict,
} from './watch/index.ts'
