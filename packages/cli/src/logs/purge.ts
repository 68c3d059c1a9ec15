import type { Fleet } from '@oakum/core/fleet'
import { confirm } from '../command/confirm.ts'
import { EXIT } from '../command/exit.ts'
import { formatDuration } from '../output/duration.ts'
import { formatSize } from '../output/size.ts'
import { json as toJson } from '../output/text.ts'

export interface PurgeOptions {
  /** Only the events of this agent. */
  agent?: string
  /** Only what is older, in milliseconds. */
  olderThan?: number
  /** Do not ask. */
  yes: boolean
  json: boolean
  /** Where the store is, for people. */
  url: string
}

/** Removes stored events, once the user has agreed, and says how much went. */
export async function purge(fleet: Fleet, options: PurgeOptions): Promise<number> {
  const { agent, olderThan, yes, json, url } = options
  const what = `events${agent === undefined ? '' : ` of ${agent}`}`
  const age = olderThan === undefined ? '' : ` older than ${formatDuration(olderThan)}`
  if (!yes && !(await confirm(`Remove all ${what}${age} from ${url}?`))) {
    console.error('Nothing was removed.')
    return EXIT.failed
  }
  await fleet.flush()
  const { removed, bytes } = await fleet.events.retain({
    ...(agent === undefined ? {} : { agent }),
    ...(olderThan === undefined ? { maxCount: 0 } : { maxAge: olderThan }),
  })
  if (json) console.log(toJson({ removed, bytes }))
  else if (removed === 0) console.log(`There were no ${what}${age}.`)
  else console.log(`${removed} ${what}${age} removed, ${formatSize(bytes)} of data; the store uses the room again.`)
  return EXIT.ok
}
