import { defineCommand, type Command } from '../command/define.ts'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { withStore } from '../command/look.ts'
import { jsonArgs, storeArgs } from '../command/store.ts'
import { paintFor } from '../output/paint.ts'
import { json as toJson } from '../output/text.ts'
import { SORTS } from '../top/sort.ts'
import { formatTop } from '../top/table.ts'
import { lookOnce, printLooks, showTop, type TopOptions } from '../top/watch.ts'

/** A look costs about a millisecond for each process of an agent. */
const SHORTEST_INTERVAL = 100

export const command: Command = defineCommand({
  name: 'top',
  examples: ['', '--sort memory --interval 5s', '--once', '--json -n 10'],
  args: {
    sort: { type: 'enum', options: [...SORTS], default: 'cpu', description: 'What comes first; a key changes it' },
    interval: { type: 'string', valueHint: 'TIME', default: '2s', description: 'Between two looks' },
    count: { type: 'string', alias: 'n', valueHint: 'N', description: 'End after so many looks' },
    once: { type: 'boolean', default: false, description: 'One look, as lines; so it is where there is no terminal' },
    ...storeArgs,
    ...jsonArgs,
  },
  run({ args: { sort, interval, count, once, store, json } }) {
    const options: TopOptions = { sort, interval: intervalOf(interval), count: once ? 1 : countOf(count) }
    const onTerminal = process.stdout.isTTY
    return withStore(
      store,
      url => {
        console.log(json ? toJson({ agents: [] }) : `There is no store at ${url}; nothing runs.`)
        return EXIT.ok
      },
      async fleet => {
        if (json) await printLooks(fleet, options)
        else if (onTerminal && !once) await showTop(fleet, options)
        else {
          const table = {
            paint: paintFor(process.stdout),
            sort,
            ...(onTerminal ? { width: process.stdout.columns } : {}),
          }
          console.log(formatTop(await lookOnce(fleet), table).join('\n'))
        }
        return EXIT.ok
      },
    )
  },
})

function intervalOf(text: string): number {
  const interval = parseDuration(text, '--interval')
  if (interval >= SHORTEST_INTERVAL) return interval
  throw new UsageError(`--interval wants 100ms or more, not "${text}"`)
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Infinity
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`-n wants a number of looks, not "${text}"`)
}
