import { availableParallelism, cpus } from 'node:os'
import { isRight, type Outcome } from './answer.ts'
import { OAKUM, type Tool } from './tools.ts'

/** Milliseconds that a verdict of ours may take, the median over all cases, and over clean controls. */
const TARGETS = { all: 500, controls: 300 }

/** The tools side by side, how fast ours is, where others are right and ours is not, and every answer. */
export function render(tools: readonly Tool[], outcomes: readonly Outcome[]): string {
  const cases = [...Map.groupBy(outcomes, outcome => outcome.case)]
  const of = (tool: Tool): Outcome[] => outcomes.filter(outcome => outcome.tool === tool.name)
  return [
    '# What finds a leak',
    '',
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, one process at a time.`,
    'Every tool judges the same modules of `packages/leaktest/corpus`, each in a process of its own; the time is that of the whole process.',
    '',
    '| | leaks found | false alarms | no answer | median time |',
    '|---|---|---|---|---|',
    ...tools.map(tool => formatTool(tool.title(), of(tool))),
    '',
    ...formatSpeed(outcomes),
    ...formatWins(tools, outcomes),
    '## How each is used',
    '',
    ...tools.map(tool => `- ${tool.title()}: ${tool.about}`),
    '',
    '## Every answer',
    '',
    'Wrong answers are bold.',
    '',
    `| | ${tools.map(({ name }) => name).join(' | ')} |`,
    `|---|${tools.map(() => '---|').join('')}`,
    ...cases.map(([name, answers]) => {
      const cells = tools.map(tool => formatAnswer(answers.find(outcome => outcome.tool === tool.name)))
      return `| ${answers[0]?.group ?? ''} ${name} | ${cells.join(' | ')} |`
    }),
    '',
  ].join('\n')
}

/** What ours was to reach, and did not. */
export function missedTargets(outcomes: readonly Outcome[]): string[] {
  const ours = outcomes.filter(({ tool }) => tool === OAKUM)
  const { all, controls } = speedOf(outcomes)
  return [
    ...ours.filter(outcome => !isRight(outcome)).map(({ case: name, answer }) => `${name}: ${answer}`),
    ...(all > TARGETS.all ? [`median of all verdicts: ${formatTime(all)}`] : []),
    ...(controls > TARGETS.controls ? [`median of verdicts on clean controls: ${formatTime(controls)}`] : []),
  ]
}

function formatTool(title: string, outcomes: readonly Outcome[]): string {
  const leaks = outcomes.filter(({ group }) => group === 'leak')
  const controls = outcomes.filter(({ group }) => group === 'control')
  const silent = outcomes.filter(({ answer }) => answer === 'error' || answer === 'inconclusive').length
  const time = formatTime(median(outcomes.map(({ wall }) => wall)))
  return `| ${title} | ${saidLeak(leaks)} | ${saidLeak(controls)} | ${silent} | ${time} |`
}

function saidLeak(outcomes: readonly Outcome[]): string {
  return `${outcomes.filter(({ answer }) => answer === 'leak').length} of ${outcomes.length}`
}

function formatSpeed(outcomes: readonly Outcome[]): string[] {
  const { all, controls } = speedOf(outcomes)
  if (Number.isNaN(all)) return []
  const figures = `${formatTime(all)} (≤ ${formatTime(TARGETS.all)})`
  const ofControls = `${formatTime(controls)} (≤ ${formatTime(TARGETS.controls)})`
  return [`Speed of Oakum’s verdicts, by their reports: median of all ${figures}, of clean controls ${ofControls}.`, '']
}

/** `controls` are those called clean: what has a bound is told from a leak only by more iterations, and takes longer. */
function speedOf(outcomes: readonly Outcome[]): { all: number; controls: number } {
  const timed = outcomes.filter(({ tool, verdict }) => tool === OAKUM && verdict !== undefined)
  const clean = timed.filter(({ group, detail }) => group === 'control' && detail === 'clean')
  return { all: median(verdictTimes(timed)), controls: median(verdictTimes(clean)) }
}

function verdictTimes(outcomes: readonly Outcome[]): number[] {
  return outcomes.flatMap(({ verdict }) => verdict ?? [])
}

function formatWins(tools: readonly Tool[], outcomes: readonly Outcome[]): string[] {
  const wrong = outcomes.filter(outcome => outcome.tool === OAKUM && !isRight(outcome))
  const missed = new Set(wrong.map(outcome => outcome.case))
  const lines = tools
    .filter(({ name }) => name !== OAKUM)
    .flatMap(tool => {
      const right = outcomes.filter(one => one.tool === tool.name && missed.has(one.case) && isRight(one))
      return right.length > 0 ? [`- ${tool.title()}: ${right.map(outcome => outcome.case).join(', ')}`] : []
    })
  return lines.length > 0 ? ['Right where Oakum is not:', '', ...lines, ''] : []
}

function formatAnswer(outcome: Outcome | undefined): string {
  if (outcome === undefined) return ''
  return isRight(outcome) ? outcome.answer : `**${outcome.answer}**`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function formatTime(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? '–' : `${(milliseconds / 1_000).toFixed(2)} s`
}
