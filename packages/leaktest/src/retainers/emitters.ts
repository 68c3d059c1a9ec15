/**
 * The emitters and event targets by whose listeners something is held.
 *
 * A way tells them by the slot in which Node keeps listeners. They are handed out alive, since a snapshot does not tell
 * whether the same listener was added once more.
 */
import type { Inspector } from '../inspector.ts'
import { edgeName, edgeType, nodeName, type HeapGraph } from './heap-graph.ts'
import { findLive } from './live-objects.ts'
import { pathTo, type ShortestPaths } from './shortest-paths.ts'

/** What has listeners. */
export interface Emitter {
  /** By which the inspector knows it, and holds it until {@link releaseEmitters}. */
  readonly objectId: string
  /** How many of its class were made in `run` and hold what stays, when it was made there itself; else 0. */
  readonly made: number
}

const GROUP = 'oakum-emitters'
const SLOTS = new Set(['_events', '<symbol kEvents>'])
/** Each costs a walk over the heap. */
const MOST = 4

export class Emitters {
  readonly #graph: HeapGraph
  readonly #paths: ShortestPaths
  readonly #inspector: Inspector
  readonly #known = new Map<number, Emitter | undefined>()

  constructor(graph: HeapGraph, paths: ShortestPaths, inspector: Inspector) {
    this.#graph = graph
    this.#paths = paths
    this.#inspector = inspector
  }

  /**
   * Those on a way, the nearest to the root first.
   * @param edges of the way, from a root.
   * @param alike objects that are held in the same way.
   */
  on(edges: readonly number[], alike: readonly number[]): readonly Emitter[] {
    return this.#nodesOn(edges)
      .map(node => this.#emitter(node, alike))
      .filter(emitter => emitter !== undefined)
  }

  #nodesOn(edges: readonly number[]): readonly number[] {
    return edges.flatMap((edge, at) => {
      const holder = this.#graph.edgeTargets[edges[at - 1] ?? -1]
      const isSlot = edgeType(this.#graph, edge) === 'property' && SLOTS.has(edgeName(this.#graph, edge))
      return isSlot && holder !== undefined ? [holder] : []
    })
  }

  #emitter(node: number, alike: readonly number[]): Emitter | undefined {
    if (!this.#known.has(node) && this.#known.size < MOST) this.#known.set(node, this.#find(node, alike))
    return this.#known.get(node)
  }

  #find(node: number, alike: readonly number[]): Emitter | undefined {
    const { objectId } = findLive(this.#inspector, this.#graph.nodeIds[node] ?? 0, GROUP) ?? {}
    if (objectId === undefined) return undefined
    return { objectId, made: this.#isMade(node) ? this.#madeLike(node, alike) : 0 }
  }

  #isMade(node: number): boolean {
    return this.#graph.traceNodes[node] !== 0
  }

  /** How many of the same class there are on the ways to objects, of those that were made while tracking was on. */
  #madeLike(node: number, objects: readonly number[]): number {
    const name = nodeName(this.#graph, node)
    const emitters = objects.flatMap(object => this.#nodesOn(pathTo(this.#paths, object) ?? []))
    return new Set(emitters.filter(other => this.#isMade(other) && nodeName(this.#graph, other) === name)).size
  }
}

/** Lets go of the emitters that were found. */
export function releaseEmitters(inspector: Inspector): void {
  inspector.post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
}
