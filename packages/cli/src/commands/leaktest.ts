import type { Verdict } from '@oakum/leaktest'
import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'
import { jsonArgs } from '../command/store.ts'
import { runLeaktests } from '../leaktest/run.ts'

const FAIL_ON = ['leak', 'inconclusive', 'bounded'] as const satisfies readonly Verdict[]

export const command: Command = defineCommand({
  name: 'leaktest',
  examples: ['test', 'test/cancel.leak.ts --time 10s', 'test --junit leaks.xml --svg charts'],
  variadic: true,
  args: {
    files: { type: 'positional', description: 'Modules with scenarios; a folder means its *.leak.{ts,js,mjs}' },
    filter: { type: 'string', valueHint: 'NAME', description: 'Only scenarios whose name contains NAME' },
    time: { type: 'string', valueHint: 'TIME', description: 'How long each test may take (default: 3s)' },
    iterations: { type: 'string', valueHint: 'N', description: 'How many iterations to measure at least' },
    warmup: { type: 'string', valueHint: 'N', description: 'Iterations before anything is measured (default: 40)' },
    seed: { type: 'string', valueHint: 'N', description: 'Repeat a test with the seed that it reported' },
    timeout: {
      type: 'string',
      valueHint: 'TIME',
      default: '5m',
      description: 'End the process of a file that says nothing for so long',
    },
    parallel: {
      type: 'string',
      valueHint: 'N',
      default: '1',
      description: 'Files that run at the same time; they take time from each other',
    },
    'fail-on': {
      type: 'string',
      valueHint: 'VERDICTS',
      default: 'leak,inconclusive',
      description: 'Verdicts that fail the run, of leak, inconclusive, bounded',
    },
    'compare-to': { type: 'string', valueHint: 'FILE', description: 'Only what is worse than this baseline is a leak' },
    'save-baseline': { type: 'string', valueHint: 'FILE', description: 'Write what was found into a baseline' },
    markdown: { type: 'string', valueHint: 'FILE', description: 'Write Markdown; - is stdout' },
    junit: { type: 'string', valueHint: 'FILE', description: 'Write JUnit XML; - is stdout' },
    svg: { type: 'string', valueHint: 'DIR', description: 'Write a chart of survivors for each test' },
    quiet: { type: 'boolean', alias: 'q', default: false, description: 'Only tell what failed' },
    ...jsonArgs,
  },
  run({ args }) {
    const { time, iterations, warmup, seed } = args
    return runLeaktests({
      words: args._,
      options: {
        ...(time === undefined ? {} : { time: atLeastOne(parseDuration(time, '--time'), '--time') }),
        ...(iterations === undefined ? {} : { iterations: parseCount(iterations, '--iterations', 1) }),
        ...(warmup === undefined ? {} : { warmup: parseCount(warmup, '--warmup', 0) }),
        ...(seed === undefined ? {} : { seed: parseCount(seed, '--seed', 0) }),
      },
      compareTo: args['compare-to'],
      filter: args.filter,
      parallel: parseCount(args.parallel, '--parallel', 1),
      silence: atLeastOne(parseDuration(args.timeout, '--timeout'), '--timeout'),
      failOn: parseVerdicts(args['fail-on']),
      documents: {
        markdown: args.markdown,
        junit: args.junit,
        svg: args.svg,
        baseline: args['save-baseline'],
      },
      json: args.json,
      quiet: args.quiet,
    })
  },
})

function parseCount(text: string, option: string, least: number): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= least) return count
  throw new UsageError(`${option} wants a whole number of at least ${least}, not "${text}"`)
}

function atLeastOne(milliseconds: number, option: string): number {
  if (milliseconds >= 1) return milliseconds
  throw new UsageError(`${option} has to be longer than nothing`)
}

function parseVerdicts(text: string): Set<Verdict> {
  const names = text.split(',').map(name => name.trim())
  const verdicts = FAIL_ON.filter(verdict => names.includes(verdict))
  const unknown = names.find(name => !FAIL_ON.some(verdict => verdict === name))
  if (unknown !== undefined) throw new UsageError(`--fail-on is of ${FAIL_ON.join(', ')}, not "${unknown}"`)
  return new Set(verdicts)
}
