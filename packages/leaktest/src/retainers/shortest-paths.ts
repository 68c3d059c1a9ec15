/**
 * The cheapest way from the roots of the garbage collector to every object.
 *
 * Only edges that keep their target alive count. Edges that a person knows from the program (properties, variables,
 * elements) cost least; what V8 keeps for itself costs more, so that it is named only where there is no other way.
 */
import type { Harness } from './harness.ts'
import { nodeName, nodeType, type HeapGraph } from './heap-graph.ts'

export interface ShortestPaths {
  /** What it costs to reach each node; `UNREACHED` when nothing but weak edges leads there. */
  readonly costs: Uint16Array
  /** The edge by which each node was reached, and the node that the edge belongs to. */
  readonly edges: Uint32Array
  readonly holders: Uint32Array
}

export const UNREACHED = 0xffff

/** The synthetic node from which all others are held is always the first. */
const ROOT = 0

/** Costs stay below this, so that the queue is an array of lists, and takes and gives in constant time. */
const MAX_COST = 1_000

const COST = { visible: 1, internal: 3, hidden: 6, code: 20, temporary: 60, harness: 200 }

/**
 * What lies there now because this very search runs, or until the next collection, and the table of strings, which holds
 * none of them: named only where nothing else holds.
 */
const TEMPORARY = new Set(['(Stack roots)', '(Handle scopes)', '(Inspector)', '(Debugger)', '(Internalized strings)'])

/** @param harness what of it is on a way makes that way the last to be taken. */
export function shortestPaths(graph: HeapGraph, harness: Harness): ShortestPaths {
  const { firstEdges, edgeTypes, edgeTargets } = graph
  const costs = new Uint16Array(graph.nodeCount).fill(UNREACHED)
  const edges = new Uint32Array(graph.nodeCount)
  const holders = new Uint32Array(graph.nodeCount)
  const edgeCosts = Int8Array.from(graph.edgeTypeNames, edgeCost)
  const nodeCosts = costsOfNodes(graph, harness)
  const isWeak = weakEntries(graph)
  const queue: number[][] = [[ROOT]]
  costs[ROOT] = 0
  for (let cost = 0; cost < queue.length; cost++) {
    const reached = queue[cost] ?? []
    // By index: an iterator makes an object per step, and allocations are being tracked.
    for (let at = 0; at < reached.length; at++) {
      const node = reached[at] ?? ROOT
      if (costs[node] !== cost) continue
      const soFar = cost + (nodeCosts[node] ?? 0)
      const end = firstEdges[node + 1] ?? 0
      for (let edge = firstEdges[node] ?? 0; edge < end; edge++) {
        const step = edgeCosts[edgeTypes[edge] ?? 0] ?? -1
        const target = edgeTargets[edge] ?? 0
        const total = Math.min(soFar + step, MAX_COST)
        if (step < 0 || total >= (costs[target] ?? 0) || isWeak(node, edge)) continue
        costs[target] = total
        edges[target] = edge
        holders[target] = node
        ;(queue[total] ??= []).push(target)
      }
    }
    queue[cost] = []
  }
  return { costs, edges, holders }
}

/** The way to a node: its edges, the first of them from a root. */
export function pathTo({ costs, edges, holders }: ShortestPaths, node: number): readonly number[] | undefined {
  if (costs[node] === UNREACHED) return undefined
  const path: number[] = []
  for (let at = node; at !== ROOT; at = holders[at] ?? ROOT) path.push(edges[at] ?? 0)
  return path.toReversed()
}

function edgeCost(type: string): number {
  if (type === 'weak') return -1
  if (type === 'property' || type === 'element' || type === 'context') return COST.visible
  return type === 'internal' || type === 'shortcut' ? COST.internal : COST.hidden
}

/** What it costs more to go through each node. */
function costsOfNodes(graph: HeapGraph, harness: Harness): Uint8Array {
  const costs = new Uint8Array(graph.nodeCount)
  for (let node = 0; node < graph.nodeCount; node++) {
    const type = nodeType(graph, node)
    if (type === 'code' || type === 'object shape') costs[node] = COST.code
    else if (type === 'synthetic' && TEMPORARY.has(nodeName(graph, node))) costs[node] = COST.temporary
    else if (harness.ownsCode(node)) costs[node] = COST.harness
  }
  return costs
}

/**
 * The value of a WeakMap is held by its key and the table together. V8 writes the same edge for both; the one from the
 * key is the one to follow, for the table alone holds neither.
 */
function weakEntries(graph: HeapGraph): (node: number, edge: number) => boolean {
  const { nodeTypes, nodeTypeNames, edgeTypes, edgeTypeNames, edgeNames, strings } = graph
  const table = nodeTypeNames.indexOf('array')
  const internal = edgeTypeNames.indexOf('internal')
  return (node, edge) => {
    if (nodeTypes[node] !== table || edgeTypes[edge] !== internal) return false
    const name = edgeNames[edge] ?? 0
    return strings.isLongerThan(PART_OF_KEY.length, name) && strings.get(name).includes(PART_OF_KEY)
  }
}

const PART_OF_KEY = 'part of key ('
