import { throwIfAborted } from '../errors/abort.ts'
import { platform } from './platform/platform.ts'
import type { ProcessMemory } from './platform/process-memory.ts'

export interface ReadMemoryOptions {
  /** Ends the call with ABORTED, a few processes later. */
  signal?: AbortSignal
}

/** So many processes between two looks at the signal. */
const BATCH = 16

/**
 * What each of these processes takes of the machine's memory. Who is gone is left out, as is who may not be looked at. On Linux
 * about 1 ms per process, most of it on another thread; one process is read after the other.
 */
export async function readMemory(
  pids: Iterable<number>,
  { signal }: ReadMemoryOptions = {},
): Promise<Map<number, ProcessMemory>> {
  const list = [...pids]
  const all = new Map<number, ProcessMemory>()
  for (let start = 0; start < list.length; start += BATCH) {
    throwIfAborted(signal)
    for (const [pid, memory] of await platform.memoryOf(list.slice(start, start + BATCH))) all.set(pid, memory)
  }
  throwIfAborted(signal)
  return all
}
