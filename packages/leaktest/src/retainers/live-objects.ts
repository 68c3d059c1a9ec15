import type { Runtime } from 'node:inspector'
import type { Inspector } from '../inspector.ts'

/**
 * The object that has this id in a snapshot; undefined when it was collected since, or is none that the inspector hands out.
 * Costs V8 a walk over the heap. It is held until its group is released.
 */
export function findLive(inspector: Inspector, id: number, objectGroup: string): Runtime.RemoteObject | undefined {
  try {
    return inspector.post('HeapProfiler.getObjectByHeapObjectId', { objectId: String(id), objectGroup }).result
  } catch {
    return undefined
  }
}
