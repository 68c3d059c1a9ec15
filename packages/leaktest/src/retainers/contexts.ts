/**
 * V8's contexts: the objects in which the variables live that closures have captured.
 *
 * Variables of functions and modules are named in a snapshot. Those of blocks are not, but the names are to be had from
 * the description of the scope, which lists them in the same order: unless the block has a variable that holds a small
 * integer, which a snapshot leaves out, so that the order no longer tells.
 */
import { edgeName, edgesOf, edgeType, heldBy, nodeName, nodeType, type HeapGraph } from './heap-graph.ts'

export function isContext(graph: HeapGraph, node: number): boolean {
  return nodeName(graph, node) === 'system / Context'
}

export function isGenerator(graph: HeapGraph, node: number): boolean {
  const name = nodeName(graph, node)
  return nodeType(graph, node) === 'object' && (name === 'Generator' || name === 'AsyncGenerator')
}

/** Whether a closure is the engine's, made to resume an async function; its context holds the function's state. */
export function isResumption(graph: HeapGraph, closure: number): boolean {
  if (nodeName(graph, closure) !== '') return false
  const context = heldBy(graph, closure, 'context')
  const state = context === undefined ? undefined : heldBy(graph, context, 'extension')
  return state !== undefined && isGenerator(graph, state)
}

/** Name of the variable for which this edge of a context stands; empty when it cannot be told. */
export function variableName(graph: HeapGraph, context: number, edge: number): string {
  if (edgeType(graph, edge) === 'context') return edgeName(graph, edge)
  if (edgeType(graph, edge) !== 'hidden') return ''
  const names = scopeNames(graph, context)
  const [first, end] = edgesOf(graph, context)
  let last = -1
  for (let at = first; at < end; at++) if (edgeType(graph, at) === 'hidden') last = Number(edgeName(graph, at))
  return last + 1 === names.length ? (names[Number(edgeName(graph, edge))] ?? '') : ''
}

/** Finds the file to which a context belongs, by any closure that was made in it. */
export class ContextFiles {
  readonly #graph: HeapGraph
  #closures: Map<number, number> | undefined

  constructor(graph: HeapGraph) {
    this.#graph = graph
  }

  /**
   * URL or path of the file whose top level this context is; undefined when it is that of a function. The wrapper that
   * CommonJS, or a test runner, puts around a file counts as its top level.
   */
  ofModule(context: number): string | undefined {
    if (!isContext(this.#graph, context) || !this.#isOutermost(context)) return undefined
    const closure = this.#closureOf(context)
    const shared = closure === undefined ? undefined : heldBy(this.#graph, closure, 'shared')
    const script = shared === undefined ? undefined : heldBy(this.#graph, shared, 'script')
    const file = script === undefined ? '' : nodeName(this.#graph, script)
    return file === '' ? undefined : file
  }

  #isOutermost(context: number): boolean {
    const outer = heldBy(this.#graph, context, 'previous')
    if (outer === undefined || !isContext(this.#graph, outer)) return true
    return isBlock(this.#graph, context) && !isOfModule(this.#graph, outer) && this.#isOutermost(outer)
  }

  #closureOf(context: number): number | undefined {
    this.#closures ??= closuresByContext(this.#graph)
    return this.#closures.get(context)
  }
}

function isOfModule(graph: HeapGraph, context: number): boolean {
  const extension = heldBy(graph, context, 'extension')
  return extension !== undefined && nodeName(graph, extension) === 'system / SourceTextModule'
}

function isBlock(graph: HeapGraph, context: number): boolean {
  const [first, end] = edgesOf(graph, context)
  for (let edge = first; edge < end; edge++) if (edgeType(graph, edge) === 'context') return false
  return true
}

function scopeNames(graph: HeapGraph, context: number): readonly string[] {
  const scope = heldBy(graph, context, 'scope_info')
  if (scope === undefined) return []
  const names: string[] = []
  const [first, end] = edgesOf(graph, scope)
  for (let edge = first; edge < end; edge++) {
    const target = graph.edgeTargets[edge] ?? 0
    if (edgeType(graph, edge) === 'hidden' && nodeType(graph, target) === 'string') names.push(nodeName(graph, target))
  }
  return names
}

function closuresByContext(graph: HeapGraph): Map<number, number> {
  const closures = new Map<number, number>()
  for (let node = 0; node < graph.nodeCount; node++) {
    const context = nodeType(graph, node) === 'closure' ? heldBy(graph, node, 'context') : undefined
    if (context !== undefined) closures.set(context, node)
  }
  return closures
}
