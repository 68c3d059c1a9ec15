import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'
import { parseSize } from '../command/size.ts'
import { storeArgs, storeUrl } from '../command/store.ts'
import { defaultAgentId } from '../run/agent-id.ts'
import type { Limits } from '../run/limits/limits.ts'
import { canReadMemory } from '../run/limits/usage.ts'
import { parsePattern } from '../run/redact-patterns.ts'
import { run } from '../run/run.ts'

export const command: Command = defineCommand({
  name: 'run',
  examples: [
    "-- claude -p 'fix the tests'",
    '--id coder-1 --label team=web -- npm test',
    '--max-memory 4G --max-time 2h --max-processes 200 -- npm run agent',
  ],
  operands: 'COMMAND',
  args: {
    id: {
      type: 'string',
      valueHint: 'ID',
      description: 'The agent’s id (default: the command’s name and a random end)',
    },
    parent: { type: 'string', valueHint: 'ID', description: 'The agent whose end ends this one' },
    label: { type: 'string', valueHint: 'KEY=VALUE', description: 'A label; may be given more than once' },
    timeout: {
      type: 'string',
      valueHint: 'TIME',
      default: '30s',
      description: 'From the first signal until what still runs is killed',
    },
    'max-memory': {
      type: 'string',
      valueHint: 'SIZE',
      description: 'End it when all that it runs has more memory than this: 500M, 4G',
    },
    'max-time': { type: 'string', valueHint: 'TIME', description: 'End it after this time: 90s, 2h' },
    'max-processes': {
      type: 'string',
      valueHint: 'N',
      description: 'End it when more processes of it live at the same time',
    },
    keep: { type: 'boolean', default: false, description: 'Let live what the command leaves behind when it ends' },
    capture: {
      type: 'boolean',
      default: true,
      description: 'Store the lines that are piped',
      negativeDescription: 'Store no lines',
    },
    redact: {
      type: 'string',
      valueHint: 'PATTERN',
      description: 'A regular expression; what it matches is not stored. May be given more than once',
    },
    ...storeArgs,
  },
  async run({ args, operands, all }) {
    const [name, ...rest] = operands ?? []
    if (name === undefined || name === '') throw new UsageError('run needs a command after "--"')
    const code = await run({
      command: name,
      args: rest,
      store: storeUrl(args.store),
      id: args.id ?? defaultAgentId(name),
      ...(args.parent === undefined ? {} : { parent: args.parent }),
      labels: Object.fromEntries(all('label').map(parseLabel)),
      keep: args.keep,
      capture: args.capture,
      redact: all('redact').map(parsePattern),
      drain: parseDuration(args.timeout, '--timeout'),
      limits: parseLimits(args),
    })
    // Only a second signal leaves something unwritten: then a reader that does not read must not hold us.
    if (process.stdout.writableLength + process.stderr.writableLength > 0) process.exit(code)
    return code
  },
})

function parseLimits(args: Readonly<Record<`max-${keyof Limits}`, string | undefined>>): Limits {
  const { 'max-memory': memory, 'max-time': time, 'max-processes': processes } = args
  if (memory !== undefined && !canReadMemory()) {
    throw new UsageError('--max-memory needs /proc, which this system does not have')
  }
  return {
    ...(memory === undefined ? {} : { memory: parseSize(memory, '--max-memory') }),
    ...(time === undefined ? {} : { time: positive(parseDuration(time, '--max-time'), '--max-time') }),
    ...(processes === undefined ? {} : { processes: parseCount(processes, '--max-processes') }),
  }
}

function parseCount(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text)) return positive(Number(text), option)
  throw new UsageError(`${option} wants a whole number, not "${text}"`)
}

function positive(value: number, option: string): number {
  if (value > 0) return value
  throw new UsageError(`${option} wants more than 0`)
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError(`--label wants KEY=VALUE, not "${text}"`)
  return [text.slice(0, equals), text.slice(equals + 1)]
}
