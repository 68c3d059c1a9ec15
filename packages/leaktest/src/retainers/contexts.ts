/**
 * V8's contexts: the objects in which the variables live that closures have captured.
 *
 * A snapshot names the variables of functions and modules, not those of blocks; for these a live closure is asked.
 */
import { edgeName, edgesOf, edgeType, nodeName, nodeType, slotOf, type HeapGraph } from './heap-graph.ts'
import type { LiveScopes } from './live-scopes.ts'

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
  const context = slotOf(graph, closure, 'context')
  const state = context === undefined ? undefined : slotOf(graph, context, 'extension')
  return state !== undefined && isGenerator(graph, state)
}

/** The contexts of one heap: which file they belong to, and what their variables are called. */
export class Contexts {
  readonly #graph: HeapGraph
  readonly #scopes: LiveScopes
  #closures: Map<number, number> | undefined

  constructor(graph: HeapGraph, scopes: LiveScopes) {
    this.#graph = graph
    this.#scopes = scopes
  }

  /**
   * URL or path of the file whose top level this context is; undefined when it is that of a function. The wrapper that
   * CommonJS, or a test runner, puts around a file counts as its top level.
   */
  fileOf(context: number): string | undefined {
    if (!isContext(this.#graph, context) || !this.#isOutermost(context)) return undefined
    const closure = this.#closureIn(context)
    const shared = closure === undefined ? undefined : slotOf(this.#graph, closure, 'shared')
    const script = shared === undefined ? undefined : slotOf(this.#graph, shared, 'script')
    const file = script === undefined ? '' : nodeName(this.#graph, script)
    return file === '' ? undefined : file
  }

  /** Name of the variable for which this edge of a context stands; empty when it cannot be told. */
  variableName(context: number, edge: number): string {
    if (edgeType(this.#graph, edge) === 'context') return edgeName(this.#graph, edge)
    const closure = edgeType(this.#graph, edge) === 'hidden' ? this.#closureIn(context) : undefined
    const held = this.#graph.edgeTargets[edge] ?? 0
    if (closure === undefined) return ''
    return this.#scopes.variableName(this.#graph.nodeIds[closure] ?? 0, this.#graph.nodeIds[held] ?? 0)
  }

  #isOutermost(context: number): boolean {
    const outer = slotOf(this.#graph, context, 'previous')
    if (outer === undefined || !isContext(this.#graph, outer)) return true
    return isBlock(this.#graph, context) && !isOfModule(this.#graph, outer) && this.#isOutermost(outer)
  }

  /** Any closure that was made in a context. */
  #closureIn(context: number): number | undefined {
    this.#closures ??= closuresByContext(this.#graph)
    return this.#closures.get(context)
  }
}

function isOfModule(graph: HeapGraph, context: number): boolean {
  const extension = slotOf(graph, context, 'extension')
  return extension !== undefined && nodeName(graph, extension) === 'system / SourceTextModule'
}

function isBlock(graph: HeapGraph, context: number): boolean {
  const [first, end] = edgesOf(graph, context)
  for (let edge = first; edge < end; edge++) if (edgeType(graph, edge) === 'context') return false
  return true
}

function closuresByContext(graph: HeapGraph): Map<number, number> {
  const closures = new Map<number, number>()
  for (let node = 0; node < graph.nodeCount; node++) {
    const context = nodeType(graph, node) === 'closure' ? slotOf(graph, node, 'context') : undefined
    if (context !== undefined) closures.set(context, node)
  }
  return closures
}
