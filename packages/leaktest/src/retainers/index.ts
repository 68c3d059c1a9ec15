/**
 * Who holds what stays.
 *
 * This is slow (a heap snapshot is taken) and is done only to confirm a leak that sampling has found. While it runs V8
 * notes the stack of every allocation, and walks the whole heap 20 times a second. The graph, and what V8 keeps on account of
 * it, is dropped before this returns.
 *
 * Limits: the objects of one site are told apart by constructor only; an object that several hold is shown with the
 * holder that is nearest to a root; what lies on the stack while this runs is no holder unless there is no other.
 */
import { optimizing } from '../engine.ts'
import type { Inspector } from '../inspector.ts'
import type { RetainerPath } from '../report.ts'
import { findSiteTraces, type SiteTraces, type SoughtSite } from './allocation-sites.ts'
import { chooseCandidates, survivorsIn, type Candidates } from './candidates.ts'
import { Emitters, type Emitter } from './emitters.ts'
import { Harness } from './harness.ts'
import type { HeapGraph } from './heap-graph.ts'
import { LiveScopes } from './live-scopes.ts'
import { methodNames } from './method-names.ts'
import { PathNamer } from './path-namer.ts'
import { pathTo, shortestPaths, type ShortestPaths } from './shortest-paths.ts'
import { AllocationTracking } from './tracking.ts'

export type { SoughtSite } from './allocation-sites.ts'
export { releaseEmitters, type Emitter } from './emitters.ts'

/** What a site left, and who holds it. */
export interface Finding {
  /** Constructor or kind of what stays most, e.g. `Session`, `closure onAbort`, `Array`. */
  readonly type: string
  /** Name of the site's function with its class, e.g. `AgentLoop.run`, when it is a method. */
  readonly method?: string
  /** How many of them stayed of all iterations of `run`. */
  readonly objects: number
  readonly retainers?: RetainerPath
  /** By whose listeners it is held, the nearest to the root first. They are held until {@link releaseEmitters}. */
  readonly emitters: readonly Emitter[]
}

/** Options of {@link findRetainers}. */
export interface RetainerOptions {
  /**
   * How many objects of one type have to stay before they are named for a site that is `undefined`, or that made none of
   * what stayed; half the iterations of `run` is a good choice. @default no finding for such a site
   */
  readonly atLeast?: number
}

/** Objects of one type whose ways are compared; the way that most of them share is the one that is told. */
const COMPARED = 50

/**
 * Runs `run`, which repeats the scenario and lets the loop settle, and tells for each site what it left and who holds it.
 * A site that is `undefined` asks for the most frequent type that stayed, wherever it was made; one that none of what
 * stayed can be put down to is answered likewise. The answer is undefined where nothing stayed, or where the snapshot could not be
 * read. Rejects with what `run` rejects with.
 */
export async function findRetainers(
  inspector: Inspector,
  run: () => Promise<void>,
  sites: readonly (SoughtSite | undefined)[],
  { atLeast = Infinity }: RetainerOptions = {},
): Promise<readonly (Finding | undefined)[]> {
  const tracking = new AllocationTracking()
  try {
    await run()
    return optimizing(() => {
      const graph = tracking.heap()
      return graph === undefined ? sites.map(() => undefined) : findingsIn(graph, inspector, sites, atLeast)
    })
  } finally {
    tracking.close()
  }
}

function findingsIn(
  graph: HeapGraph,
  inspector: Inspector,
  sites: readonly (SoughtSite | undefined)[],
  atLeast: number,
): readonly (Finding | undefined)[] {
  const harness = new Harness(graph)
  const paths = shortestPaths(graph, harness)
  const survivors = survivorsIn(graph, paths)
  const scopes = new LiveScopes(inspector)
  try {
    const namer = new PathNamer(graph, scopes, harness)
    const emitters = new Emitters(graph, paths, inspector)
    const methods = methodNames(graph, sites)
    return findSiteTraces(graph, sites).map((traces, index) => {
      const candidates = candidatesOf(graph, paths, survivors, { traces, atLeast })
      const path = candidates && mostCommonPath(paths, namer, candidates)
      return candidates && finding(candidates, { method: methods[index], path, emitters })
    })
  } finally {
    scopes.close()
  }
}

function candidatesOf(
  graph: HeapGraph,
  paths: ShortestPaths,
  survivors: readonly number[],
  { traces, atLeast }: { readonly traces: SiteTraces | undefined; readonly atLeast: number },
): Candidates | undefined {
  for (const wanted of traces ? [traces.own, traces.onBehalf, traces.below] : []) {
    const isWanted = (trace: number): boolean => wanted.has(trace)
    const found = wanted.size > 0 ? chooseCandidates(graph, paths, survivors, { isWanted, atLeast: 1 }) : undefined
    if (found !== undefined) return found
  }
  return chooseCandidates(graph, paths, survivors, { isWanted: () => true, atLeast })
}

function finding(
  { type, nodes }: Candidates,
  { method, path, emitters }: { method: string | undefined; path: NamedPath | undefined; emitters: Emitters },
): Finding {
  return {
    type,
    ...(method !== undefined && { method }),
    objects: nodes.length,
    ...(path !== undefined && { retainers: path.named }),
    emitters: path === undefined ? [] : emitters.on(path.edges, nodes),
  }
}

interface NamedPath {
  readonly named: RetainerPath
  /** Of one of the objects that are held in this way. */
  readonly edges: readonly number[]
}

function mostCommonPath(paths: ShortestPaths, namer: PathNamer, { nodes }: Candidates): NamedPath | undefined {
  const found = new Map<string, { path: NamedPath; count: number }>()
  const stride = Math.ceil(nodes.length / COMPARED)
  for (let at = 0; at < nodes.length; at += stride) {
    const edges = pathTo(paths, nodes[at] ?? 0)
    if (edges === undefined) continue
    const named = namer.name(edges)
    const known = found.get(named.text)
    if (known === undefined) found.set(named.text, { path: { named, edges }, count: 1 })
    else known.count++
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count)[0]?.path
}
