/**
 * From survivors to sites: which code keeps what it makes.
 *
 * The iterations are cut into {@link BATCHES} equal batches of birth. Code leaks when its *old* batches still have
 * survivors, about as many as its young ones: what is only in flight, late or bounded has none in the old. The first batch
 * is left out, since tables are filled then, and the last, since of it something may be in flight.
 */
import { isProgram, siteFrameOf, siteKeyOf, type CallFrame } from './call-frame.ts'
import { SLICES, type Survivors } from './sampling.ts'

export const BATCHES = 12
const FIRST_OLD = 1
const FIRST_YOUNG = 8
const LAST = BATCHES - 1

/** Survivors in old batches that make a leak. */
const ENOUGH = 4
/** Survivors in old batches that make a closer look worth it. */
const SUSPICIOUS = 2
/** The part of the old batches that must have some. */
const FILLED = 0.6
/** The part of all old survivors that one batch may have: a table that grows once is no leak. */
const LUMP = 0.6
/** The rate of the old batches beside the young ones, at least, and the other way round. */
const OLD_TO_YOUNG = 0.5
const YOUNG_TO_OLD = 0.25
/** Survivors per batch from which an empty batch is no chance. */
const DENSE = 8
/** Survivors below which rates are chance. */
const FEW = 12

/**
 * What the survivors of one site look like. `suspicious`: like a leak, but too few to tell. `waning`: they became fewer, as
 * where a fixed set of things is filled.
 */
type Pattern = 'leak' | 'suspicious' | 'bounded' | 'waning' | 'none'

/** All that one place in the program made and that is alive. */
export interface Births {
  /** The function of the program, or where there is none on the stack, of Node. */
  readonly frame: CallFrame
  /** Of its most frequent allocation. */
  readonly stack: readonly CallFrame[]
  /** Objects that stay, by batch. */
  readonly survivors: readonly number[]
  readonly bytes: number
  readonly pattern: Pattern
  /** Objects and bytes per iteration, by the batches that count. */
  readonly objectsPerIteration: number
  readonly bytesPerIteration: number
  /** Bytes in each of the batches that count. */
  readonly bytesByBatch: readonly number[]
  /** For `bounded`: the age of the oldest survivors, in iterations. */
  readonly bound: number
}

/** Groups survivors by the nearest function of the program; the worst first. */
export function birthsOf(survivors: readonly Survivors[], iterations: number): Births[] {
  const groups = new Map<string, Survivors[]>()
  for (const one of survivors) {
    const frame = siteFrameOf(one.stack)
    if (frame === undefined) continue
    const key = siteKeyOf(frame)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  const births = [...groups.values()].map(group => describe(group, iterations)).filter(site => site !== undefined)
  return births.toSorted((a, b) => b.bytesPerIteration - a.bytesPerIteration)
}

function describe(group: readonly Survivors[], iterations: number): Births | undefined {
  const [most] = group.toSorted((a, b) => b.slices.length - a.slices.length)
  const frame = most && siteFrameOf(most.stack)
  if (most === undefined || frame === undefined) return undefined
  const [samples, objects, bytes] = [perBatch(), perBatch(), perBatch()]
  for (const one of group) {
    one.slices.forEach((slice, index) => {
      const batch = Math.floor((slice / SLICES) * BATCHES)
      samples[batch] = (samples[batch] ?? 0) + 1
      objects[batch] = (objects[batch] ?? 0) + (one.objects[index] ?? 0)
      bytes[batch] = (bytes[batch] ?? 0) + (one.bytes[index] ?? 0)
    })
  }
  const bytesByBatch = bytes.slice(FIRST_OLD, LAST)
  const { pattern: seen, bound } = patternOf(samples, () => boundOf(group, iterations))
  // Node's own code keeps a thing now and then. It is to blame only when it does so all the time.
  const pattern = seen === 'suspicious' && !isProgram(frame) ? 'none' : seen
  const counted = iterations * ((LAST - FIRST_OLD) / BATCHES)
  return {
    frame,
    stack: most.stack,
    survivors: objects.map(Math.round),
    bytes: sum(bytes),
    pattern,
    objectsPerIteration: sum(objects.slice(FIRST_OLD, LAST)) / counted,
    bytesPerIteration: sum(bytesByBatch) / counted,
    bytesByBatch,
    bound,
  }
}

function perBatch(): number[] {
  return Array.from({ length: BATCHES }, () => 0)
}

/** What the survivors of one site look like, by their batches. `findBound` tells the age of the oldest, in iterations. */
export function patternOf(
  survivors: readonly number[],
  findBound: () => number,
): { readonly pattern: Pattern; readonly bound: number } {
  const old = survivors.slice(FIRST_OLD, FIRST_YOUNG)
  const young = survivors.slice(FIRST_YOUNG, LAST)
  const all = sum(old)
  const oldRate = all / old.length
  const youngRate = sum(young) / young.length
  const filled = old.filter(count => count > 0).length / old.length
  const lasts = oldRate >= OLD_TO_YOUNG * youngRate
  const goesOn = youngRate >= YOUNG_TO_OLD * oldRate
  if (lasts && all >= SUSPICIOUS) {
    const lump = Math.max(...old) / all
    // The first batches have gone, and the others are all there: it lets go, but later than most of this test.
    const isDense = oldRate >= DENSE && youngRate >= oldRate / 2
    const letsGo = isDense && (survivors[0] ?? 0) + (survivors[1] ?? 0) < oldRate / 2
    if (letsGo) return { pattern: 'bounded', bound: findBound() }
    if (all >= ENOUGH && filled >= FILLED && lump <= LUMP && goesOn) return { pattern: 'leak', bound: 0 }
    if (lump === 1) return { pattern: 'none', bound: 0 }
    return { pattern: goesOn || all + sum(young) < FEW ? 'suspicious' : 'waning', bound: 0 }
  }
  // A leak that is smaller than what the same code holds at last shows when that has become old.
  const isHidden = !lasts && all >= FEW && filled >= FILLED && Math.max(...old) <= all * LUMP
  if (isHidden) return { pattern: 'suspicious', bound: 0 }
  const bound = findBound()
  return bound >= WORTH_TELLING ? { pattern: 'bounded', bound } : { pattern: 'none', bound: 0 }
}

/** Iterations whose worth a program may hold without a word about it. */
const WORTH_TELLING = 32
/** Survivors that stand for a thing that is held, apart from stragglers. */
const HELD = 16
/** The age from which one of them has strayed, by the median: of what is held evenly the oldest is twice as old. */
const STRAYED = 2.5
/** How many of them may have strayed, as a part of all and at least. */
const STRAYS = 0.03
const FEW_STRAYS = 3
/** The part of all iterations that the oldest may go back, at most: else nothing was seen to be let go. */
const LETS_GO = 0.85
/** How far the ages of the middle half are apart, as a part of the median: below, they were made at once, as a table is. */
const SPREAD = 0.4
/** The age of the newest, as a part of the median: above, what comes now is not held. */
const NEW = 0.5

/**
 * The age of the oldest survivors that belong to the rest, in iterations; 0 when there are too few to tell, or when they are
 * not what a thing with a bound holds: all of the newest.
 */
function boundOf(group: readonly Survivors[], iterations: number): number {
  // Those of the first batch are what the program filled once.
  const held = Uint32Array.from(group.flatMap(({ slices }) => slices.filter(slice => slice >= SLICES / BATCHES)))
  if (held.length < HELD) return 0
  held.sort()
  const ageOf = (index: number): number => SLICES - (held[Math.floor(index)] ?? 0)
  const last = held.length - 1
  const median = ageOf(last / 2)
  if (ageOf(last / 4) - ageOf((last * 3) / 4) < median * SPREAD || ageOf(last) - 1 > median * NEW) return 0
  const strays = held.filter(slice => SLICES - slice > STRAYED * median).length
  const oldest = ageOf(strays <= Math.max(FEW_STRAYS, held.length * STRAYS) ? strays : 0)
  return oldest > LETS_GO * SLICES ? 0 : (oldest / SLICES) * iterations
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
