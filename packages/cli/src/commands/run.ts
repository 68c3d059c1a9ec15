import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'
import { storeArgs, storeUrl } from '../command/store.ts'
import { defaultAgentId } from '../run/agent-id.ts'
import { run } from '../run/run.ts'

export const command: Command = defineCommand({
  name: 'run',
  examples: ["-- claude -p 'fix the tests'", '--id coder-1 --label team=web -- npm test'],
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
    keep: { type: 'boolean', default: false, description: 'Let live what the command leaves behind when it ends' },
    capture: {
      type: 'boolean',
      default: true,
      description: 'Store the lines that are piped',
      negativeDescription: 'Store no lines',
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
      drain: parseDuration(args.timeout, '--timeout'),
    })
    // Only a second signal leaves something unwritten: then a reader that does not read must not hold us.
    if (process.stdout.writableLength + process.stderr.writableLength > 0) process.exit(code)
    return code
  },
})

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError(`--label wants KEY=VALUE, not "${text}"`)
  return [text.slice(0, equals), text.slice(equals + 1)]
}
