import type { LeakReport, Verdict } from '../report.ts'
import { FAILING_VERDICTS, isReport, type FailedTest, type TestOutcome } from './outcome.ts'
import { formatText } from './text.ts'
import { escapeAttribute, escapeText } from './xml.ts'

/** Options of {@link formatJunit}. */
export interface JunitOptions {
  /** Verdicts that are written as failures. @default leak and inconclusive: what could not be told is not called clean */
  readonly failOn?: ReadonlySet<Verdict>
  /** Files below it are named from there. @default the process's own */
  readonly cwd?: string
}

/**
 * What tests found, as JUnit's XML. A leak is a `failure`, and so is an inconclusive test; one that came to no verdict is an
 * `error`. An inconclusive test that may pass is `skipped`: it was not shown to be clean.
 */
export function formatJunit(outcomes: readonly TestOutcome[], options: JunitOptions = {}): string {
  const { failOn = FAILING_VERDICTS, cwd = process.cwd() } = options
  const reports = outcomes.filter(isReport)
  const failures = reports.filter(({ verdict }) => failOn.has(verdict)).length
  const skipped = reports.filter(({ verdict }) => isSkipped(verdict, failOn)).length
  const errors = outcomes.length - reports.length
  const time = seconds(reports.reduce((sum, { milliseconds }) => sum + milliseconds, 0))
  const counts = `tests="${outcomes.length}" failures="${failures}" errors="${errors}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="oakum leaktest" ${counts} time="${time}">`,
    `  <testsuite name="oakum leaktest" ${counts} skipped="${skipped}" time="${time}">`,
    ...outcomes.map(outcome => (isReport(outcome) ? reportCase(outcome, failOn, cwd) : failedCase(outcome))),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function isSkipped(verdict: Verdict, failOn: ReadonlySet<Verdict>): boolean {
  return verdict === 'inconclusive' && !failOn.has(verdict)
}

function reportCase(report: LeakReport, failOn: ReadonlySet<Verdict>, cwd: string): string {
  const { name, verdict, milliseconds, findings, reasons } = report
  const text = formatText(report, { cwd })
  const message = escapeAttribute((verdict === 'inconclusive' ? reasons[0] : findings[0]) ?? verdict)
  let inner = `<system-out>${escapeText(text)}</system-out>`
  if (isSkipped(verdict, failOn)) inner = `<skipped message="${message}"/>${inner}`
  else if (failOn.has(verdict)) inner = `<failure type="${verdict}" message="${message}">${escapeText(text)}</failure>`
  return `    <testcase ${titleOf(name)} time="${seconds(milliseconds)}">${inner}</testcase>`
}

function failedCase({ name, error }: FailedTest): string {
  const { code, message } = error
  const inner = `<error type="${escapeAttribute(code)}" message="${escapeAttribute(message)}">${escapeText(message)}</error>`
  return `    <testcase ${titleOf(name)}>${inner}</testcase>`
}

function titleOf(name: string): string {
  return `classname="leaktest" name="${escapeAttribute(name)}"`
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3)
}
