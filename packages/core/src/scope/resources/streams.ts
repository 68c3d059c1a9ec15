import type { ChildProcess } from 'node:child_process'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'

/** Milliseconds that a reader gets for what a tree wrote last, once nothing of the tree lives. */
const LAST_WORDS = 250

/**
 * Closes all pipes to a child, whoever holds their other ends. Output that somebody is reading may still be read to its end;
 * it comes at once when nobody is left to write.
 */
export async function closeStreams(child: ChildProcess): Promise<void> {
  if (child.connected) child.disconnect()
  child.stdin?.destroy()
  const read = child.stdio.filter(stream => stream instanceof Readable).filter(hasReader)
  await Promise.all(read.map(readToEnd))
  for (const stream of child.stdio) stream?.destroy()
}

function hasReader(stream: Readable): boolean {
  // Not `readableFlowing`: Node sets an unread stream flowing when the child exits.
  return !stream.destroyed && stream.listenerCount('data') + stream.listenerCount('readable') > 0
}

async function readToEnd(stream: Readable): Promise<void> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), LAST_WORDS)
  // Rejects when the stream fails or the time is up; it is destroyed either way.
  await finished(stream, { writable: false, signal: limit.signal, cleanup: true }).catch(() => {})
  clearTimeout(timer)
}
