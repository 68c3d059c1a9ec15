import { countIn } from '../counters.ts'
import { LISTENER_COUNTERS } from '../deep-counters.ts'
import { unreachable } from './node-process.ts'
import type { Connection } from './connection.ts'
import type { WatchReading } from './report.ts'

/** What a process says of itself. */
interface Said {
  readonly resources: readonly string[]
  readonly memory: NodeJS.MemoryUsage
  readonly node: string
}

const ASK = `process.getBuiltinModule && {
  resources: process.getActiveResourcesInfo(),
  memory: process.memoryUsage(),
  node: process.version,
}`

/** Asks a process what it holds. Throws PROCESS_UNREACHABLE when it cannot tell, as an old Node cannot. */
export async function ask(connection: Connection): Promise<Said> {
  const answer = await connection.post('Runtime.evaluate', { expression: ASK, returnByValue: true })
  const said: unknown = answer.result.value
  if (!isSaid(said)) throw unreachable(connection.pid, 'runs on a Node that is too old: 20.16 or 22.3 is needed')
  return said
}

/** Reads all counters, after a collection. */
export async function read(connection: Connection, listeners: boolean): Promise<Omit<WatchReading, 'at' | 'took'>> {
  const counted = listeners ? await countListeners(connection) : []
  await connection.collect()
  const { resources, memory } = await ask(connection)
  const { heapUsed, rss, external, arrayBuffers } = memory
  const counts = Object.fromEntries([...countIn(connection.pid, { resources, arrayBuffers }), ...counted])
  return { heapUsed, rss, external, counts }
}

/** Numbers of listeners by the class of what they listen to, as `listeners AbortSignal`. */
async function countListeners(connection: Connection): Promise<Map<string, number>> {
  const totals = new Map<string, number>()
  const objectGroup = 'oakum-watch'
  for (const { prototype, countAll } of LISTENER_COUNTERS) {
    try {
      const { result } = await connection.post('Runtime.evaluate', { expression: prototype, objectGroup })
      const prototypeObjectId = result.objectId ?? ''
      const { objects } = await connection.post('Runtime.queryObjects', { prototypeObjectId, objectGroup })
      const counted = await connection.post('Runtime.callFunctionOn', {
        functionDeclaration: countAll,
        returnByValue: true,
        ...(objects.objectId === undefined ? {} : { objectId: objects.objectId }),
      })
      for (const [name, total] of Object.entries<unknown>(counted.result.value ?? {})) {
        const key = `listeners ${name}`
        if (typeof total === 'number') totals.set(key, (totals.get(key) ?? 0) + total)
      }
    } finally {
      await connection.post('Runtime.releaseObjectGroup', { objectGroup })
    }
  }
  return totals
}

function isSaid(value: unknown): value is Said {
  return typeof value === 'object' && value !== null && 'resources' in value && Array.isArray(value.resources)
}
