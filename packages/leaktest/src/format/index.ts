/**
 * What tests found, in the forms that people and programs read.
 * @module
 */
export { formatJsonLines } from './json.ts'
export { formatJunit, type JunitOptions } from './junit.ts'
export { formatMarkdown, type MarkdownOptions } from './markdown.ts'
export { countOutcomes, FAILING_VERDICTS, isReport, type FailedTest, type TestOutcome } from './outcome.ts'
export { formatSvg, type SvgOptions } from './svg.ts'
export { formatText, type TextOptions } from './text.ts'
