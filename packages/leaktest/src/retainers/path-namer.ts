/**
 * Tells a way through the heap in words of the program.
 *
 * A way from a root of the collector is long, and most of it is the engine's own. It is told from the last place that a
 * person can find: the top level of a file, a list of timers, a native handle, the scenario of a leak test; contexts, tables and
 * other parts of the engine are left out, and what a chain of equals holds is told once.
 */
import type { RetainerPath, RetainerStep } from '../report.ts'
import { typeOf } from './candidates.ts'
import { Contexts, isContext, isGenerator, isResumption } from './contexts.ts'
import type { Harness } from './harness.ts'
import { edgeName, edgeType, nodeName, nodeType, slotOf, type HeapGraph } from './heap-graph.ts'
import type { LiveScopes } from './live-scopes.ts'
import { pathText } from './path-text.ts'

const ROOT = 0

/** Slots of Node and of the engine, by the names that people have for them. */
const KNOWN_NAMES: Readonly<Record<string, string>> = {
  _events: 'listeners',
  kEvents: 'listeners',
  kAsyncContextFrame: 'async context',
  kResourceStore: 'async context',
  owner_symbol: 'owner',
  reactions_or_result: 'reactions',
  bound_function: 'bound function',
  bound_this: 'bound this',
}

/** Objects of Node from which a way is told, for what is above them is Node's own. */
const LANDMARKS: Readonly<Record<string, string>> = { TimersList: 'timer list', ImmediateList: 'immediate queue' }

/** Parts of the engine between two objects of the program. */
const LEFT_OUT = new Set(['array', 'code', 'hidden', 'object shape', 'synthetic'])

const LINKS = new Set(['next', 'previous', '_idleNext', '_idlePrev'])
const LINKED = new Set(['Timeout', 'Immediate', 'Listener'])

export class PathNamer {
  readonly #graph: HeapGraph
  readonly #contexts: Contexts
  readonly #harness: Harness

  constructor(graph: HeapGraph, scopes: LiveScopes, harness: Harness) {
    this.#graph = graph
    this.#harness = harness
    this.#contexts = new Contexts(graph, scopes)
  }

  /** Names a way, given by its edges from a root to the object that stays. */
  name(edges: readonly number[]): RetainerPath {
    const { root, next } = this.#start(edges)
    const steps: RetainerStep[] = [{ name: '', type: root }]
    let name = ''
    for (let at = next; at < edges.length; at++) {
      const holder = this.#target(edges, at - 1)
      name = this.#slotName(edges, at, holder) || name
      const isLast = at === edges.length - 1
      if (!isLast && this.#isLeftOut(edges, at)) continue
      append(steps, stepOf(name, this.#type(this.#target(edges, at))))
      name = ''
    }
    return { steps, text: pathText(steps) }
  }

  /** The last place in the way that a person can find, and the first edge after it. */
  #start(edges: readonly number[]): { root: string; next: number } {
    for (let at = edges.length - 2; at >= 0; at--) {
      const node = this.#target(edges, at)
      if (this.#harness.owns(node)) return this.#startAtScenario(edges, at + 1)
      const landmark = LANDMARKS[nodeName(this.#graph, node)]
      if (landmark !== undefined) return { root: landmark, next: at + 1 }
      const file = this.#contexts.fileOf(node)
      if (file !== undefined) return { root: `module ${shortFile(file)}`, next: at + 1 }
    }
    return this.#startAtRoot(edges)
  }

  /** The harness holds the scenario, and what it hands to it: the way is told from there. */
  #startAtScenario(edges: readonly number[], first: number): { root: string; next: number } {
    let at = first
    while (at < edges.length - 1 && this.#isLeftOut(edges, at)) at++
    return { root: 'scenario', next: Math.min(at + 1, edges.length - 1) }
  }

  #startAtRoot(edges: readonly number[]): { root: string; next: number } {
    let next = 0
    let root = 'root'
    while (next < edges.length - 1 && nodeType(this.#graph, this.#target(edges, next)) === 'synthetic') {
      root = nodeName(this.#graph, this.#target(edges, next)).replaceAll(/[()]/g, '')
      next++
    }
    const node = this.#target(edges, next)
    const name = nodeName(this.#graph, node)
    if (root === 'root' && name.startsWith('global')) return { root: 'globalThis', next: next + 1 }
    // Node 22 tells its native handles by class, as `Node / TCPSERVERWRAP`; later ones are among the global handles.
    if (root !== 'Global handles' && !root.startsWith('Node / ')) return { root: root.toLowerCase(), next }
    if (next >= edges.length - 1) return { root: 'native handle', next }
    if (name === 'process') return { root: 'process', next: next + 1 }
    const isWrapper = nodeType(this.#graph, node) === 'object' && name !== 'Object' && !name.startsWith('system / ')
    return isWrapper ? { root: `native handle (${name})`, next: next + 1 } : { root: 'native handle', next }
  }

  #target(edges: readonly number[], at: number): number {
    return at < 0 ? ROOT : (this.#graph.edgeTargets[edges[at] ?? 0] ?? ROOT)
  }

  /** What a person calls the slot; empty when it is one of the engine's. */
  #slotName(edges: readonly number[], at: number, holder: number): string {
    const edge = edges[at] ?? 0
    const type = edgeType(this.#graph, edge)
    if (isContext(this.#graph, holder)) return this.#contexts.variableName(holder, edge)
    const name = edgeName(this.#graph, edge)
    if (type === 'element') return '[…]'
    if (type === 'property') return knownName(name)
    if (name.includes('part of key (')) return 'WeakMap entry'
    if (nodeType(this.#graph, holder) === 'array') return this.#entryName(this.#target(edges, at - 2))
    return Object.hasOwn(KNOWN_NAMES, name) ? knownName(name) : ''
  }

  /** Of what lies in an internal table, by whose table it is. */
  #entryName(owner: number): string {
    const name = nodeName(this.#graph, owner)
    if (nodeType(this.#graph, owner) !== 'object') return ''
    if (name === 'AsyncContextFrame') return 'store'
    if (name === 'Set' || name === 'SafeSet') return 'Set entry'
    return name === 'Generator' || name === 'AsyncGenerator' ? 'local variable' : 'Map entry'
  }

  #isLeftOut(edges: readonly number[], at: number): boolean {
    const node = this.#target(edges, at)
    if (isContext(this.#graph, node) || LEFT_OUT.has(nodeType(this.#graph, node))) return true
    return nodeType(this.#graph, node) === 'closure' && isResumption(this.#graph, node)
  }

  #type(node: number): string {
    if (!isGenerator(this.#graph, node)) return typeOf(this.#graph, node)
    const callee = slotOf(this.#graph, node, 'function')
    const name = callee === undefined ? '' : nodeName(this.#graph, callee)
    return name === '' ? 'suspended function' : `suspended ${name}`
  }
}

/** Links of the lists in which Node keeps timers and listeners say nothing to a person. */
function stepOf(name: string, type: string): RetainerStep {
  return { name: LINKS.has(name) && LINKED.has(type) ? '' : name, type }
}

/** Appends a step, unless it is one more link of a chain of equals. */
function append(steps: RetainerStep[], step: RetainerStep): void {
  const before = steps.at(-1)
  if (before?.name === step.name && before.type === step.type && step.name !== '[…]') return
  if (before?.type === 'string' && step.type === 'string') return
  steps.push(step)
}

function knownName(name: string): string {
  const plain = name.replace(/^<symbol (.*)>$/, '$1')
  return KNOWN_NAMES[plain] ?? plain
}

function shortFile(file: string): string {
  return file.startsWith('node:') ? file : (file.split(/[/\\]/).at(-1) ?? file)
}
