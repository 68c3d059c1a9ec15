/**
 * Runs something while V8 notes the stack of every allocation, and reads what is alive afterwards.
 *
 * V8 keeps the stacks by address. They follow an object that moves only as long as it has no id, and ids are given at
 * every look at the heap: by the timer that belongs to tracking, and once more before the snapshot's own collection. So
 * nothing may move twice: compaction is off meanwhile. (With it, none of the objects had a stack in every other try.)
 */
import { setFlagsFromString } from 'node:v8'
import type { Inspector } from '../inspector.ts'
import type { HeapGraph } from './heap-graph.ts'
import { SnapshotReader } from './snapshot-reader.ts'

/**
 * The heap after `run`; undefined when the snapshot is none that can be read, or too large to be held. Rejects with what
 * `run` rejects with, tracking being off by then.
 */
export async function trackAllocations(inspector: Inspector, run: () => Promise<void>): Promise<HeapGraph | undefined> {
  setFlagsFromString('--no-compact')
  try {
    inspector.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true })
    await runTracked(inspector, run)
    return readSnapshot(inspector)
  } finally {
    setFlagsFromString('--compact')
  }
}

async function runTracked(inspector: Inspector, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    inspector.stopTracking(() => undefined)
    throw error
  }
}

function readSnapshot(inspector: Inspector): HeapGraph | undefined {
  let reader: SnapshotReader | undefined = new SnapshotReader()
  inspector.stopTracking(piece => {
    // The inspector calls from native code: an error that left this function would be nobody's.
    try {
      reader?.read(piece)
    } catch {
      reader = undefined
    }
  })
  try {
    return reader?.finish()
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}
