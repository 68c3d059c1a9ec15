/**
 * A consumer takes three pieces of 100 MB of text, and then none for as long as the server sends more: what has been read from the
 * connection by then, and what the server has sent, which the system's own buffers add some megabytes to.
 */
import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Figures } from '../processes.ts'
import { subjectOf } from '../subjects/index.ts'
import { main, type Surroundings } from './program.ts'

const PIECES = 3
/** Milliseconds without a byte after which the server counts as held back. */
const STILL = 1_500

export interface StallTask {
  readonly subject: string
}

await main<StallTask>(async ({ subject }, surroundings): Promise<Figures> => {
  const sockets: Socket[] = []
  subscribe('net.client.socket', message => {
    const { socket }: { socket?: unknown } = Object(message)
    if (socket instanceof Socket) sockets.push(socket)
  })
  const client = await subjectOf(subject).open(surroundings.origin)
  const { events, isText } = await client({ model: 'flood', signal: new AbortController().signal })
  const iterator = events[Symbol.asyncIterator]()
  for (let pieces = 0; pieces < PIECES;) {
    const { done, value } = await iterator.next()
    if (done) throw new Error(`The stream ended after ${pieces} pieces of text.`)
    if (isText(value)) pieces++
  }
  const sent = await sentAtLast(surroundings)
  const read = sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
  return { read, sent, rss: process.memoryUsage.rss() }
})

async function sentAtLast({ counts }: Surroundings): Promise<number> {
  let last = { bytes: 0, at: performance.now() }
  while (performance.now() - last.at < STILL) {
    await pause(50)
    const { bytesSent, active } = await counts()
    if (active === 0) return bytesSent
    if (bytesSent > last.bytes) last = { bytes: bytesSent, at: performance.now() }
  }
  return last.bytes
}
