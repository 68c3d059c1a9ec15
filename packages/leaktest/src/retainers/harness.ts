/**
 * What in the heap is the leak test's own: its functions, calls of them that wait, and objects of its classes.
 *
 * It holds the scenario while it runs, so everything that the scenario holds is held by it as well, which tells nobody
 * anything.
 */
import { fileURLToPath } from 'node:url'
import { isGenerator } from './contexts.ts'
import { nodeName, nodeType, propertyOf, slotOf, type HeapGraph } from './heap-graph.ts'

/** Where this package lies. Scripts are named by URLs, by some test frameworks by paths. */
const OWN = new URL('..', import.meta.url).href
const OWN_PATH = fileURLToPath(OWN)

export class Harness {
  readonly #graph: HeapGraph
  /** By the node of what is shared by all closures of a function. */
  readonly #known = new Map<number, boolean>()

  constructor(graph: HeapGraph) {
    this.#graph = graph
  }

  owns(node: number): boolean {
    if (this.ownsCode(node)) return true
    const prototype = nodeType(this.#graph, node) === 'object' ? propertyOf(this.#graph, node, '__proto__') : undefined
    const constructor = prototype === undefined ? undefined : propertyOf(this.#graph, prototype, 'constructor')
    return constructor !== undefined && this.#ownsClosure(constructor)
  }

  /** Whether a node is a function, or a call of one that waits, that lies in this package. */
  ownsCode(node: number): boolean {
    const type = nodeType(this.#graph, node)
    if (type === 'closure') return this.#ownsClosure(node)
    const called =
      type === 'object' && isGenerator(this.#graph, node) ? slotOf(this.#graph, node, 'function') : undefined
    return called !== undefined && this.#ownsClosure(called)
  }

  #ownsClosure(closure: number): boolean {
    const shared = slotOf(this.#graph, closure, 'shared')
    if (shared === undefined) return false
    let isOwn = this.#known.get(shared)
    if (isOwn === undefined) this.#known.set(shared, (isOwn = isOwnFile(fileOfShared(this.#graph, shared))))
    return isOwn
  }
}

function fileOfShared(graph: HeapGraph, shared: number): string {
  const script = slotOf(graph, shared, 'script')
  return script === undefined ? '' : nodeName(graph, script)
}

function isOwnFile(file: string): boolean {
  return file.startsWith(OWN) || file.startsWith(OWN_PATH)
}
