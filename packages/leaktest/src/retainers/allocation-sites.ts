/**
 * Which nodes of the trace tree belong to a function that a sampling profile has named.
 *
 * The tree has a node per call stack, and each object that was made while tracking was on names one. Both profiles tell a
 * function by its script and the place where it begins; the sampling profile counts lines and columns from 0, the
 * trace from 1.
 */
import type { AllocationTraces, HeapGraph } from './heap-graph.ts'
import type { SnapshotStrings } from './snapshot-strings.ts'

/** A function whose allocations stay, as the `callFrame` of a sampling profile names it. */
export interface SoughtSite {
  readonly function: string
  readonly url: string
  readonly scriptId: string
  /** Of the function, counted from 0. */
  readonly line: number
  /** Of the function, counted from 0. */
  readonly column: number
}

/** How sure it is that a stack is that of a site, the surest first. */
export interface SiteTraces {
  /** The function itself allocated. */
  readonly own: ReadonlySet<number>
  /** Node allocated on behalf of the function: no other code of a file lies between. */
  readonly onBehalf: ReadonlySet<number>
  /** The function is somewhere in the stack. */
  readonly below: ReadonlySet<number>
}

interface TracedFunction {
  readonly name: string
  readonly url: string
  readonly scriptId: string
  readonly line: number
  readonly column: number
}

/** Trace nodes of each site, in the order of `sites`. */
export function findSiteTraces(
  { traces, strings }: Pick<HeapGraph, 'traces' | 'strings'>,
  sites: readonly (SoughtSite | undefined)[],
): readonly (SiteTraces | undefined)[] {
  const functions = tracedFunctions(traces, strings)
  const owners = ownersIn(traces, functions)
  return sites.map(site => site && tracesOf(site, functions, owners, traces))
}

function tracesOf(
  site: SoughtSite,
  functions: readonly TracedFunction[],
  owners: Int32Array,
  { ids, functionIndexes, parents }: AllocationTraces,
): SiteTraces {
  const isSought = functions.map(candidate => isSame(site, candidate))
  const isInside = new Uint8Array(ids.length)
  const own = new Set<number>()
  const onBehalf = new Set<number>()
  const below = new Set<number>()
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] ?? 0
    const isItself = isSought[functionIndexes[at] ?? 0] === true
    const isAbove = isInside[parents[at] ?? 0] === 1
    if (isItself || isAbove) isInside[at] = 1
    if (isItself) own.add(id)
    else if (isSought[owners[at] ?? -1] === true) onBehalf.add(id)
    else if (isAbove) below.add(id)
  }
  return { own, onBehalf, below }
}

/** For each trace node the nearest function at or above it that is not Node's own; -1 where there is none. */
function ownersIn(
  { ids, functionIndexes, parents }: AllocationTraces,
  functions: readonly TracedFunction[],
): Int32Array {
  const isOfFile = functions.map(({ url }) => url !== '' && !url.startsWith('node:'))
  const owners = new Int32Array(ids.length).fill(-1)
  for (let at = 0; at < ids.length; at++) {
    const index = functionIndexes[at] ?? 0
    owners[at] = isOfFile[index] === true ? index : (owners[parents[at] ?? 0] ?? -1)
  }
  return owners
}

function isSame(site: SoughtSite, candidate: TracedFunction): boolean {
  return (
    candidate.name === site.function &&
    candidate.line === site.line + 1 &&
    candidate.column === site.column + 1 &&
    (candidate.scriptId === site.scriptId || candidate.url === site.url)
  )
}

function tracedFunctions({ functions }: AllocationTraces, strings: SnapshotStrings): readonly TracedFunction[] {
  const { count, names, urls, scriptIds, lines, columns } = functions
  return Array.from({ length: count }, (_, index) => ({
    name: strings.get(names[index] ?? 0),
    url: strings.get(urls[index] ?? 0),
    scriptId: String(scriptIds[index] ?? 0),
    line: lines[index] ?? 0,
    column: columns[index] ?? 0,
  }))
}
