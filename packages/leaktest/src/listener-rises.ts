/** Of the emitters by whose listeners something is held: on which there are more after some more iterations. */
import { countListenersOn, type ListenerCount } from './deep-counters.ts'
import { ownTime, turn } from './engine.ts'
import type { Inspector } from './inspector.ts'
import type { Runner } from './iterate.ts'
import type { CounterRise } from './report.ts'
import type { Emitter } from './retainers/index.ts'

/** Milliseconds. */
const TIME = 700
/** Listeners by which an emitter may differ from one look to the next. */
const FEW = 2

/**
 * Counts the listeners on each, before and after as many iterations as the look took that found them. Where they do not become
 * more, each iteration may have made emitters of its own: then what those have.
 */
export async function risesOfListeners(
  emitters: readonly Emitter[],
  looked: number,
  { inspector, iterations }: { readonly inspector: Inspector; readonly iterations: Runner },
): Promise<readonly CounterRise[]> {
  const count = ({ objectId }: Emitter): ListenerCount | undefined => countListenersOn(inspector, objectId)
  const old = emitters.filter(({ made }) => made === 0)
  if (old.length > 0) {
    const before = old.map(count)
    const from = iterations.count
    await iterations.run(looked, ownTime() + TIME)
    for (let turns = 0; turns < 3; turns++) await turn()
    const rises = old.map((emitter, index) => rise(before[index], count(emitter), iterations.count - from))
    const risen = rises.filter(each => each !== undefined)
    if (risen.length > 0) return risen
  }
  const made = emitters.find(emitter => emitter.made > 0)
  const each = made && count(made)
  const risen = each && rise(undefined, { of: each.of, total: each.total * made.made }, looked)
  return risen === undefined ? [] : [risen]
}

function rise(
  before: ListenerCount | undefined,
  after: ListenerCount | undefined,
  iterations: number,
): CounterRise | undefined {
  const from = before?.total ?? 0
  if (after === undefined || after.total - from < FEW) return undefined
  const { of, total } = after
  return { counter: 'listeners', of, before: from, after: total, perIteration: (total - from) / iterations }
}
