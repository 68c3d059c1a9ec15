import type { EventLog, OakumEvent } from '@oakum/core/events'
import type { Fleet } from '@oakum/core/fleet'
import { yesArgs } from '../command/confirm.ts'
import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs, storeUrl } from '../command/store.ts'
import { unknownAgent, unknownAgentWithoutStore } from '../command/unknown-agent.ts'
import { purge as purgeEvents, type PurgeOptions } from '../logs/purge.ts'
import { selectEvents, type Wanted } from '../logs/select.ts'
import { formatEvent, textOf } from '../output/event-line.ts'
import { isAtLeast, LEVELS, type Level } from '../output/level.ts'
import { paintFor } from '../output/paint.ts'
import { printLine } from '../output/print.ts'
import { json as toJson } from '../output/text.ts'

const SHOWN = 50

export const command: Command = defineCommand({
  name: 'logs',
  examples: ['coder-1 -f', '--since 5m --level warn', "--grep 'cleanup|killed' --all", '--purge --older 7d'],
  args: {
    id: { type: 'positional', required: false, description: 'Only this agent' },
    follow: { type: 'boolean', alias: 'f', default: false, description: 'Then what happens from now on, until Ctrl-C' },
    since: { type: 'string', valueHint: '5m', description: 'Only what is not older: 90s, 5m, 2h, 7d' },
    level: { type: 'enum', options: [...LEVELS], description: 'Only what is at least so important' },
    lines: { type: 'string', alias: 'n', valueHint: 'N', default: String(SHOWN), description: 'The newest N' },
    grep: { type: 'string', valueHint: 'P', description: 'Only what matches this regular expression' },
    all: { type: 'boolean', default: false, description: 'Not only the newest' },
    purge: { type: 'boolean', default: false, description: 'Remove events for good, instead of showing them' },
    older: { type: 'string', valueHint: '7d', description: 'With --purge: only what is older' },
    ...yesArgs,
    ...storeArgs,
    ...jsonArgs,
  },
  run: ({ args: { id, follow, since, level, lines, grep, all, purge, older, yes, store, json } }) => {
    if (older !== undefined && !purge) throw new UsageError('--older goes with --purge; to see the newest: --since')
    if (purge) {
      if (follow || all || (since ?? level ?? grep) !== undefined) {
        throw new UsageError('--purge takes an agent and --older, and nothing else that chooses')
      }
      const olderThan = older === undefined ? {} : { olderThan: parseDuration(older, '--older') }
      return purgeStore(store, { ...(id === undefined ? {} : { agent: id }), ...olderThan, yes, json })
    }
    const wanted: Wanted = {
      ...(id === undefined ? {} : { agent: id }),
      ...(since === undefined ? {} : { since: Date.now() - parseDuration(since, '--since') }),
      limit: all ? Infinity : lineCount(lines),
      ...filterOf(level, grep),
    }
    const paint = paintFor(process.stdout)
    const format = (event: OakumEvent): string => (json ? toJson(event) : formatEvent(event, paint))
    return withStore(
      store,
      url => {
        if (id !== undefined) throw unknownAgentWithoutStore(id, url)
        console.error(`There is no store at ${url}; nothing has happened.`)
        return EXIT.ok
      },
      async fleet => {
        if (id !== undefined) await assertKnown(fleet, id)
        const until = await fleet.events.last()
        let found = false
        for await (const event of selectEvents(fleet.events, wanted, until)) {
          if (!process.stdout.writable) return EXIT.ok // `| head` has seen enough
          await printLine(format(event))
          found = true
        }
        if (!found && !follow)
          console.error(until === 0 ? 'Nothing has happened.' : 'Nothing that is asked for has happened.')
        if (follow) await followEvents(fleet.events, wanted, until, format)
        return EXIT.ok
      },
    )
  },
})

function purgeStore(store: string | undefined, options: Omit<PurgeOptions, 'url'>): Promise<number> {
  return withStore(
    store,
    url => {
      console.log(options.json ? toJson({ removed: 0, bytes: 0 }) : `There is no store at ${url}; nothing to remove.`)
      return EXIT.ok
    },
    async fleet => {
      if (options.agent !== undefined) await assertKnown(fleet, options.agent)
      return purgeEvents(fleet, { ...options, url: storeUrl(store) })
    },
  )
}

async function followEvents(
  log: EventLog,
  { agent, matches }: Wanted,
  after: number,
  format: (event: OakumEvent) => string,
): Promise<void> {
  const interruption = listenForInterrupts()
  try {
    const { signal } = interruption
    const tail = log.tail({ after, signal, ...(agent === undefined ? {} : { agent }) })
    for await (const event of tail) if (matches?.(event) !== false) await printLine(format(event), signal)
  } finally {
    interruption.release()
  }
}

/** An agent that has ended is known for as long as the log tells of it. */
async function assertKnown(fleet: Fleet, id: string): Promise<void> {
  const [event] = await fleet.events.read({ agent: id, limit: 1 })
  if (event === undefined && (await fleet.get(id)) === null) throw await unknownAgent(fleet, id)
}

function filterOf(level: Level | undefined, grep: string | undefined): Pick<Wanted, 'matches'> {
  if (level === undefined && grep === undefined) return {}
  const pattern = regularExpression(grep ?? '')
  return { matches: event => isAtLeast(event, level ?? 'debug') && pattern.test(`${event.type} ${textOf(event)}`) }
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (cause) {
    throw new UsageError(`--grep is no regular expression: ${source}`, { cause })
  }
}

function lineCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`-n wants a number of lines, not "${text}"`)
}
