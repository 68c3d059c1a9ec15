/**
 * Names of methods with their class, as `AgentLoop.run`. A profile says `run` alone.
 *
 * The prototype that has the function names its class by `constructor`; a static method is a property of the class itself.
 */
import type { SoughtSite } from './allocation-sites.ts'
import { edgeName, edgeType, nodeName, nodeType, propertyOf, type HeapGraph } from './heap-graph.ts'

/** For each site its name with the class; undefined where it is no method, or one of several classes. */
export function methodNames(
  graph: HeapGraph,
  sites: readonly (SoughtSite | undefined)[],
): readonly (string | undefined)[] {
  const classes = sites.map(() => new Set<string>())
  const siteOf = closuresOf(graph, sites)
  const { nodeCount, firstEdges, edgeTargets } = graph
  for (let holder = 0; holder < nodeCount; holder++) {
    const end = firstEdges[holder + 1] ?? 0
    for (let edge = firstEdges[holder] ?? 0; edge < end; edge++) {
      const index = siteOf.get(edgeTargets[edge] ?? 0)
      const isMethod = index !== undefined && edgeType(graph, edge) === 'property'
      if (!isMethod || edgeName(graph, edge) !== sites[index]?.function) continue
      const name = className(graph, holder)
      if (name !== '') classes[index]?.add(name)
    }
  }
  return classes.map((names, index) => {
    const [name] = names
    return names.size === 1 && name !== undefined ? `${name}.${sites[index]?.function}` : undefined
  })
}

/** Index of the site by the node of each closure of its function. */
function closuresOf({ places }: HeapGraph, sites: readonly (SoughtSite | undefined)[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const [index, site] of sites.entries()) {
    if (site === undefined) continue
    const [script, line, column] = [Number(site.scriptId), site.line >>> 0, site.column >>> 0]
    for (let at = 0; at < places.count; at++) {
      const isSame = places.lines[at] === line && places.columns[at] === column && places.scriptIds[at] === script
      if (isSame) found.set(places.nodes[at] ?? 0, index)
    }
  }
  return found
}

/** Of a class or its prototype; empty for any other object. */
function className(graph: HeapGraph, holder: number): string {
  if (nodeType(graph, holder) === 'closure') return nodeName(graph, holder)
  const constructor = propertyOf(graph, holder, 'constructor')
  return constructor === undefined ? '' : nodeName(graph, constructor)
}
