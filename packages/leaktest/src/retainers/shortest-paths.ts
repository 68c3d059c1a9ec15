/**
 * The cheapest way from the roots of the garbage collector to every object.
 *
 * Only edges that keep their target alive count. Edges that a person knows from the program (properties, variables,
 * elements) cost least; what V8 keeps for itself costs more, so that it is named only where there is no other way.
 */
import { edgesOf, edgeName, nodeName, nodeType, type HeapGraph } from './heap-graph.ts'

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

const COST = { visible: 1, internal: 3, hidden: 6, code: 20, temporary: 60 }

/**
 * What lies there now because this very search runs, or until the next collection, and the table of strings, which holds
 * none of them: named only where nothing else holds.
 */
const TEMPORARY = new Set(['(Stack roots)', '(Handle scopes)', '(Inspector)', '(Debugger)', '(Internalized strings)'])

export function shortestPaths(graph: HeapGraph): ShortestPaths {
  const costs = new Uint16Array(graph.nodeCount).fill(UNREACHED)
  const edges = new Uint32Array(graph.nodeCount)
  const holders = new Uint32Array(graph.nodeCount)
  const edgeCosts = graph.edgeTypeNames.map(edgeCost)
  const nodeCosts = graph.nodeTypeNames.map(name => (name === 'code' || name === 'object shape' ? COST.code : 0))
  const queue: number[][] = [[ROOT]]
  costs[ROOT] = 0
  for (let cost = 0; cost < queue.length; cost++) {
    for (const node of queue[cost] ?? []) {
      if (costs[node] !== cost) continue
      const extra = (nodeCosts[graph.nodeTypes[node] ?? 0] ?? 0) + temporaryCost(graph, node)
      const [first, end] = edgesOf(graph, node)
      for (let edge = first; edge < end; edge++) {
        const step = edgeCosts[graph.edgeTypes[edge] ?? 0] ?? -1
        const target = graph.edgeTargets[edge] ?? 0
        const total = Math.min(cost + step + extra, MAX_COST)
        if (step < 0 || total >= (costs[target] ?? 0) || isTableOfWeakEntry(graph, node, edge)) continue
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
  for (let at = node; at !== ROOT; at = holders[at] ?? ROOT) path.unshift(edges[at] ?? 0)
  return path
}

function edgeCost(type: string): number {
  if (type === 'weak') return -1
  if (type === 'property' || type === 'element' || type === 'context') return COST.visible
  return type === 'internal' || type === 'shortcut' ? COST.internal : COST.hidden
}

function temporaryCost(graph: HeapGraph, node: number): number {
  return nodeType(graph, node) === 'synthetic' && TEMPORARY.has(nodeName(graph, node)) ? COST.temporary : 0
}

/**
 * The value of a WeakMap is held by its key and the table together. V8 writes the same edge for both; the one from the
 * key is the one to follow, for the table alone holds neither.
 */
function isTableOfWeakEntry(graph: HeapGraph, node: number, edge: number): boolean {
  return nodeType(graph, node) === 'array' && edgeName(graph, edge).includes('part of key (')
}
