/**
 * What only a walk over the heap can count: listeners on whatever emitter or target there is, promises, instances.
 *
 * Nothing is patched: V8 lists every object with a given prototype. Each such walk collects all garbage first and takes
 * tens of milliseconds, so it is done when it was asked for; a closer look counts on the one object that it has found.
 */
import { queryObjects } from 'node:v8'
import type { Inspector } from './inspector.ts'
import type { AnyClass } from './options.ts'

/** What is to be counted. */
export interface Wanted {
  readonly listeners: boolean
  readonly promises: boolean
  readonly instances: readonly AnyClass[]
}

/** Counts by name, as `listeners AbortSignal`, `promises`, `instances AgentLoop`. */
export function countDeeply(inspector: Inspector, { listeners, promises, instances }: Wanted): Map<string, number> {
  const counts = new Map<string, number>()
  if (listeners) {
    for (const [emitter, total] of listenersBy(inspector)) counts.set(`listeners ${emitter}`, total)
  }
  if (promises) counts.set('promises', queryObjects(Promise, { format: 'count' }))
  for (const wanted of instances) {
    counts.set(`instances ${wanted.name || 'class'}`, queryObjects(wanted, { format: 'count' }))
  }
  return counts
}

/** Numbers of listeners by the class of what they listen to. */
function listenersBy(inspector: Inspector): Map<string, number> {
  const totals = new Map<string, number>()
  for (const { prototype, countAll } of LISTENER_COUNTERS) {
    const objectGroup = 'oakum-leaktest'
    try {
      const { result } = inspector.post('Runtime.evaluate', { expression: prototype, objectGroup })
      const prototypeObjectId = result.objectId ?? ''
      const { objects } = inspector.post('Runtime.queryObjects', { prototypeObjectId, objectGroup })
      const counted = inspector.post('Runtime.callFunctionOn', {
        functionDeclaration: countAll,
        returnByValue: true,
        ...(objects.objectId === undefined ? {} : { objectId: objects.objectId }),
      })
      for (const [name, total] of Object.entries<unknown>(counted.result.value ?? {})) {
        if (typeof total === 'number') totals.set(name, (totals.get(name) ?? 0) + total)
      }
    } finally {
      inspector.post('Runtime.releaseObjectGroup', { objectGroup })
    }
  }
  return totals
}

/** Listeners on one object. */
export interface ListenerCount {
  /** Its class. */
  readonly of: string
  readonly total: number
}

/** Number of listeners on one object; undefined when there are none. */
export function countListenersOn(inspector: Inspector, objectId: string): ListenerCount | undefined {
  for (const { countAll } of LISTENER_COUNTERS) {
    const functionDeclaration = `function () { return (${countAll}).call([this]) }`
    const { result } = inspector.post('Runtime.callFunctionOn', { functionDeclaration, objectId, returnByValue: true })
    const [counted] = Object.entries<unknown>(result.value ?? {})
    if (counted !== undefined && typeof counted[1] === 'number') return { of: counted[0], total: counted[1] }
  }
  return undefined
}

// A look at an object may run the program's own getters and proxies: one that throws is left out.
const COUNT_EMITTERS = `function () {
  const totals = {}
  for (const emitter of this) {
    try {
      const events = Object.hasOwn(emitter, '_events') ? emitter._events : undefined
      if (!events) continue
      let total = 0
      for (const event of Reflect.ownKeys(events)) total += typeof events[event] === 'function' ? 1 : events[event]?.length ?? 0
      const name = emitter.constructor?.name || 'EventEmitter'
      if (total > 0) totals[name] = (totals[name] ?? 0) + total
    } catch {}
  }
  return totals
}`

const COUNT_TARGETS = `function () {
  const totals = {}
  for (const target of this) {
    try {
      const key = Object.getOwnPropertySymbols(target).find(symbol => symbol.description === 'kEvents')
      if (key === undefined) continue
      let total = 0
      for (const { size } of target[key].values()) total += size
      const name = target.constructor?.name || 'EventTarget'
      if (total > 0) totals[name] = (totals[name] ?? 0) + total
    } catch {}
  }
  return totals
}`

/** How to count listeners: what has them, and a function that is called on all of it and tells their number by class. */
export const LISTENER_COUNTERS: readonly { readonly prototype: string; readonly countAll: string }[] = [
  { prototype: "process.getBuiltinModule('node:events').EventEmitter.prototype", countAll: COUNT_EMITTERS },
  { prototype: 'EventTarget.prototype', countAll: COUNT_TARGETS },
]
