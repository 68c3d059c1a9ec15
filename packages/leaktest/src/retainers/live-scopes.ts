/**
 * Names of variables that a snapshot does not tell: those of blocks, which is what a test runner makes of a module.
 *
 * The inspector tells the scopes of a live closure, and the snapshot's id of each value in them; ids stay what they were
 * until the inspector's session is closed. Finding a closure by its id costs V8 a walk over the heap, so each is sought
 * once. Must be asked before anything else runs.
 */
import type { Runtime } from 'node:inspector'
import type { Inspector } from '../inspector.ts'
import { findLive } from './live-objects.ts'

const GROUP = 'oakum-retainers'

export class LiveScopes {
  readonly #inspector: Inspector
  readonly #known = new Map<number, ReadonlyMap<number, string>>()

  constructor(inspector: Inspector) {
    this.#inspector = inspector
  }

  /** Name of the variable, in the innermost scope around a closure, that holds an object; both by their ids. */
  variableName(closure: number, held: number): string {
    let names = this.#known.get(closure)
    if (names === undefined) this.#known.set(closure, (names = this.#namesIn(closure)))
    return names.get(held) ?? ''
  }

  /** Lets go of the objects that were looked at. */
  close(): void {
    this.#inspector.post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
  }

  #namesIn(closure: number): ReadonlyMap<number, string> {
    const names = new Map<number, string>()
    for (const { name, value } of this.#variablesAround(closure)) {
      if (value?.objectId === undefined) continue
      const { heapSnapshotObjectId } = this.#inspector.post('HeapProfiler.getHeapObjectId', {
        objectId: value.objectId,
      })
      names.set(Number(heapSnapshotObjectId), name)
    }
    return names
  }

  #variablesAround(closure: number): readonly Runtime.PropertyDescriptor[] {
    const live = findLive(this.#inspector, closure, GROUP)
    if (live === undefined) return []
    const scopes = this.#propertiesOf(live.objectId).internalProperties?.find(({ name }) => name === '[[Scopes]]')
    const innermost = this.#propertiesOf(scopes?.value?.objectId).result.find(({ name }) => name === '0')
    return this.#propertiesOf(innermost?.value?.objectId).result
  }

  #propertiesOf(objectId: string | undefined): Runtime.GetPropertiesReturnType {
    if (objectId === undefined) return { result: [] }
    return this.#inspector.post('Runtime.getProperties', { objectId, ownProperties: true })
  }
}
