/** Of the objects that were made while tracking was on and are still there: those of the type that is worth naming. */
import { isContext, isResumption } from './contexts.ts'
import { nodeName, nodeType, type HeapGraph } from './heap-graph.ts'
import { UNREACHED, type ShortestPaths } from './shortest-paths.ts'

export interface Candidates {
  /** Constructor or kind, e.g. `Session`, `closure onAbort`. */
  readonly type: string
  readonly nodes: readonly number[]
}

interface Group {
  readonly type: string
  readonly rank: number
  readonly nodes: number[]
  nearest: number
}

/** The kinds that a person knows from the program first; what V8 keeps for itself last. */
const RANK = { object: 0, text: 1, internal: 2 }

/** The objects that were made while tracking was on and are still held. */
export function survivorsIn({ nodeCount, traceNodes }: HeapGraph, { costs }: ShortestPaths): readonly number[] {
  const survivors: number[] = []
  for (let node = 0; node < nodeCount; node++) {
    if (traceNodes[node] !== 0 && costs[node] !== UNREACHED) survivors.push(node)
  }
  return survivors
}

/**
 * The type to name, among the survivors whose trace is wanted. Of the types that are at least half as frequent as the most
 * frequent one the one nearest to the roots: the others are probably held by it. Undefined when fewer than `atLeast` of any
 * type are there.
 */
export function chooseCandidates(
  graph: HeapGraph,
  paths: ShortestPaths,
  survivors: readonly number[],
  { isWanted, atLeast }: { readonly isWanted: (trace: number) => boolean; readonly atLeast: number },
): Candidates | undefined {
  const wanted = survivors.filter(node => isWanted(graph.traceNodes[node] ?? 0))
  const groups = [...groupByType(graph, paths, wanted)].filter(({ nodes }) => nodes.length >= atLeast)
  for (const rank of Object.values(RANK)) {
    const ranked = groups.filter(group => group.rank === rank)
    const most = Math.max(...ranked.map(({ nodes }) => nodes.length))
    const frequent = ranked.filter(({ nodes }) => nodes.length * 2 >= most)
    const [best] = frequent.toSorted((a, b) => a.nearest - b.nearest || b.nodes.length - a.nodes.length)
    if (best !== undefined) return best
  }
  return undefined
}

/** What a person would call an object: its class, or `closure NAME`. */
export function typeOf(graph: HeapGraph, node: number): string {
  const type = nodeType(graph, node)
  const name = nodeName(graph, node)
  if (type === 'closure') return name === '' ? 'closure' : `closure ${name}`
  if (type.endsWith('string')) return 'string'
  if (type === 'array') return '(array)'
  if (type === 'number' || type === 'bigint' || type === 'regexp' || type === 'symbol') return type
  return name === '' ? `(${type})` : name
}

function groupByType(graph: HeapGraph, { costs }: ShortestPaths, nodes: readonly number[]): Iterable<Group> {
  const groups = new Map<string, Group>()
  for (const node of nodes) {
    const rank = rankOf(graph, node)
    if (rank === undefined) continue
    const cost = costs[node] ?? UNREACHED
    const type = typeOf(graph, node)
    const key = `${rank} ${type}`
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { type, rank, nodes: [], nearest: cost }))
    group.nodes.push(node)
    group.nearest = Math.min(group.nearest, cost)
  }
  return groups.values()
}

/** Undefined for what is never worth naming: code, hidden classes, feedback. */
function rankOf(graph: HeapGraph, node: number): number | undefined {
  const type = nodeType(graph, node)
  if (type === 'closure') return isResumption(graph, node) ? RANK.internal : RANK.object
  if (type === 'object' || type === 'native') return isContext(graph, node) ? RANK.internal : objectRank(graph, node)
  if (type === 'regexp') return RANK.object
  if (type.endsWith('string') || type === 'number' || type === 'bigint' || type === 'symbol') return RANK.text
  return type === 'array' ? RANK.internal : undefined
}

function objectRank(graph: HeapGraph, node: number): number | undefined {
  return nodeName(graph, node).startsWith('system / ') ? undefined : RANK.object
}
