import type { SnapshotStrings } from './snapshot-strings.ts'

/**
 * A heap snapshot as a graph in typed arrays.
 *
 * Nodes and edges are numbered from 0; the edges of one node lie side by side. Only what the search for retainers asks
 * for is kept, 20 bytes per node and 12 per edge.
 */
export interface HeapGraph {
  readonly nodeCount: number
  /** Index into `nodeTypeNames`. */
  readonly nodeTypes: Uint32Array
  /** Index into `strings`. */
  readonly nodeNames: Uint32Array
  /** By which the inspector knows the objects. */
  readonly nodeIds: Uint32Array
  /** The first edge of each node, and one entry more: where the last node's edges end. */
  readonly firstEdges: Uint32Array
  /** Trace node at which the object was made, by its id; 0 when it was there before. */
  readonly traceNodes: Uint32Array
  /** Index into `edgeTypeNames`. */
  readonly edgeTypes: Uint32Array
  /** Index into `strings`, or the element's index for the types `element` and `hidden`. */
  readonly edgeNames: Uint32Array
  readonly edgeTargets: Uint32Array
  readonly nodeTypeNames: readonly string[]
  readonly edgeTypeNames: readonly string[]
  readonly strings: SnapshotStrings
  readonly traces: AllocationTraces
  readonly places: FunctionPlaces
}

/**
 * Where the functions of closures stand. Lines and columns are counted from 0; what stands before the place where a wrapped
 * file begins is below 0, and wraps around.
 */
export interface FunctionPlaces {
  readonly count: number
  readonly nodes: Uint32Array
  readonly scriptIds: Uint32Array
  readonly lines: Uint32Array
  readonly columns: Uint32Array
}

/** Where the objects that were made while tracking was on were made: a tree with a node per call stack. */
export interface AllocationTraces {
  readonly functions: TracedFunctions
  readonly ids: Uint32Array
  /** Index into `functions`. */
  readonly functionIndexes: Uint32Array
  /** Index of the caller's node, which comes before; the first is its own. */
  readonly parents: Uint32Array
}

/** Functions on the call stacks, by index. Lines and columns are those of the function, counted from 1. */
export interface TracedFunctions {
  readonly count: number
  /** Index into the strings. */
  readonly names: Uint32Array
  /** Index into the strings. */
  readonly urls: Uint32Array
  readonly scriptIds: Uint32Array
  readonly lines: Uint32Array
  readonly columns: Uint32Array
}

export function nodeType(graph: HeapGraph, node: number): string {
  return graph.nodeTypeNames[graph.nodeTypes[node] ?? 0] ?? ''
}

export function nodeName(graph: HeapGraph, node: number): string {
  return graph.strings.get(graph.nodeNames[node] ?? 0)
}

export function edgeType(graph: HeapGraph, edge: number): string {
  return graph.edgeTypeNames[graph.edgeTypes[edge] ?? 0] ?? ''
}

/** The property, variable or internal slot that an edge stands for; for elements, the index. */
export function edgeName(graph: HeapGraph, edge: number): string {
  const name = graph.edgeNames[edge] ?? 0
  const type = edgeType(graph, edge)
  return type === 'element' || type === 'hidden' ? String(name) : graph.strings.get(name)
}

/** The edges of a node, as a half-open range. */
export function edgesOf(graph: HeapGraph, node: number): readonly [first: number, end: number] {
  return [graph.firstEdges[node] ?? 0, graph.firstEdges[node + 1] ?? 0]
}

/** What the engine keeps for a node in the slot of this name; undefined when there is none. */
export function slotOf(graph: HeapGraph, node: number, name: string): number | undefined {
  return targetOf(graph, node, 'internal', name)
}

/** What a node holds by its own property of this name; undefined when it has none. */
export function propertyOf(graph: HeapGraph, node: number, name: string): number | undefined {
  return targetOf(graph, node, 'property', name)
}

function targetOf(graph: HeapGraph, node: number, type: string, name: string): number | undefined {
  const end = graph.firstEdges[node + 1] ?? 0
  for (let edge = graph.firstEdges[node] ?? 0; edge < end; edge++) {
    if (edgeType(graph, edge) === type && graph.strings.get(graph.edgeNames[edge] ?? 0) === name)
      return graph.edgeTargets[edge]
  }
  return undefined
}
