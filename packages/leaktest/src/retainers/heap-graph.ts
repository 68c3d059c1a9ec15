/**
 * A heap snapshot as a graph in typed arrays.
 *
 * Nodes and edges are numbered from 0; the edges of one node lie side by side. Only what the search for retainers asks
 * for is kept, about 17 bytes per node and 9 per edge.
 */
export interface HeapGraph {
  readonly nodeCount: number
  /** Index into `nodeTypeNames`. */
  readonly nodeTypes: Uint8Array
  /** Index into `strings`. */
  readonly nodeNames: Uint32Array
  /** By which the inspector knows the objects. */
  readonly nodeIds: Uint32Array
  /** The first edge of each node, and one entry more: where the last node's edges end. */
  readonly firstEdges: Uint32Array
  /** Node of the trace tree at which the object was made; 0 when it was there before. */
  readonly traceNodes: Uint32Array
  /** Index into `edgeTypeNames`. */
  readonly edgeTypes: Uint8Array
  /** Index into `strings`, or the element's index for the types `element` and `hidden`. */
  readonly edgeNames: Uint32Array
  readonly edgeTargets: Uint32Array
  readonly nodeTypeNames: readonly string[]
  readonly edgeTypeNames: readonly string[]
  readonly strings: readonly string[]
  readonly traces: AllocationTraces
}

/** Where the objects that were made while tracking was on were made. */
export interface AllocationTraces {
  /** Records of `functionFields.length` numbers each. */
  readonly functions: readonly number[]
  readonly functionFields: readonly string[]
  /** Nested: id, index of the function, count, size, children. */
  readonly tree: TraceTree
}

/** Records of five values, one after the other. */
export type TraceTree = readonly (number | TraceTree)[]

export function nodeType(graph: HeapGraph, node: number): string {
  return graph.nodeTypeNames[graph.nodeTypes[node] ?? 0] ?? ''
}

export function nodeName(graph: HeapGraph, node: number): string {
  return graph.strings[graph.nodeNames[node] ?? 0] ?? ''
}

export function edgeType(graph: HeapGraph, edge: number): string {
  return graph.edgeTypeNames[graph.edgeTypes[edge] ?? 0] ?? ''
}

/** The property, variable or internal slot that an edge stands for; for elements, the index. */
export function edgeName(graph: HeapGraph, edge: number): string {
  const name = graph.edgeNames[edge] ?? 0
  const type = edgeType(graph, edge)
  return type === 'element' || type === 'hidden' ? String(name) : (graph.strings[name] ?? '')
}

/** The edges of a node, as a half-open range. */
export function edgesOf(graph: HeapGraph, node: number): readonly [first: number, end: number] {
  return [graph.firstEdges[node] ?? 0, graph.firstEdges[node + 1] ?? 0]
}

/** What a node holds by the edge of this name; undefined when there is none. */
export function heldBy(graph: HeapGraph, node: number, name: string): number | undefined {
  const [first, end] = edgesOf(graph, node)
  for (let edge = first; edge < end; edge++) if (edgeName(graph, edge) === name) return graph.edgeTargets[edge]
  return undefined
}
