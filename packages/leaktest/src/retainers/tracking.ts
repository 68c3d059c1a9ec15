/**
 * Notes the stack of every allocation, and reads what is alive.
 *
 * V8 keeps the stacks by address. They follow an object that moves only as long as it has no id, and ids are given at
 * every look at the heap: by the timer that belongs to tracking, and once more before the snapshot's own collection. So
 * nothing may move twice: compaction is off meanwhile. (With it, none of the objects had a stack in every other try.)
 *
 * Must be closed: until then each allocation costs microseconds. The session of the inspector is one of its own, for only
 * the end of a session ends the tracking without one more snapshot; the ids of all objects end with it.
 */
import { getHeapSnapshot, setFlagsFromString } from 'node:v8'
import { Inspector } from '../inspector.ts'
import type { HeapGraph } from './heap-graph.ts'
import { readSnapshot } from './snapshot-reader.ts'

export class AllocationTracking {
  readonly #inspector = new Inspector()

  constructor() {
    setFlagsFromString('--no-compact')
    try {
      this.#inspector.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true })
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** The heap as it is now; undefined when the snapshot is none that can be read, or too large to be held. */
  heap(): HeapGraph | undefined {
    try {
      return readSnapshot(takeSnapshot())
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError) return undefined
      throw error
    }
  }

  close(): void {
    this.#inspector.close()
    setFlagsFromString('--compact')
  }
}

/** The text of a snapshot. Not by the inspector, which wraps it in messages and takes half as long again. */
function takeSnapshot(): Buffer {
  const stream = getHeapSnapshot()
  const pieces: Buffer[] = []
  // The stream has all of it as soon as it is read from.
  for (let piece: unknown = stream.read(); piece instanceof Buffer; piece = stream.read()) pieces.push(piece)
  return Buffer.concat(pieces)
}
