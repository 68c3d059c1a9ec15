/**
 * Which nodes of the trace tree belong to a function that a sampling profile has named.
 *
 * The tree has a node per call stack, and each object that was made while tracking was on names one. Both profiles tell a
 * function by its script and the place where it begins; the sampling profile counts lines and columns from 0, the
 * trace from 1.
 */
import type { AllocationTraces, TraceTree } from './heap-graph.ts'

/** A function whose allocations stay, as the `callFrame` of a sampling profile names it. */
export interface SoughtSite {
  readonly function: string
  readonly url: string
  readonly scriptId: string
  /** Of the function, counted from 0. */
  readonly line: number
  /** Of the function, counted from 0. */
  readonly column: number
}

/** How sure it is that a stack is that of a site, the surest first. */
export interface SiteTraces {
  /** The function itself allocated. */
  readonly own: ReadonlySet<number>
  /** Node allocated on behalf of the function: no other code of a file lies between. */
  readonly onBehalf: ReadonlySet<number>
  /** The function is somewhere in the stack. */
  readonly below: ReadonlySet<number>
}

interface TracedFunction {
  readonly name: string
  readonly url: string
  readonly scriptId: string
  readonly line: number
  readonly column: number
}

/** Trace nodes of each site, in the order of `sites`. */
export function findSiteTraces(
  traces: AllocationTraces,
  strings: readonly string[],
  sites: readonly (SoughtSite | undefined)[],
): readonly (SiteTraces | undefined)[] {
  const functions = tracedFunctions(traces, strings)
  return sites.map(site => site && tracesOf(site, functions, traces.tree))
}

function tracesOf(site: SoughtSite, functions: readonly TracedFunction[], tree: TraceTree): SiteTraces {
  const sought = new Set([...functions.keys()].filter(index => isSame(site, functions[index])))
  const own = new Set<number>()
  const onBehalf = new Set<number>()
  const below = new Set<number>()
  // `owner` is the nearest function at or above a node that is not Node's own.
  const visit = (nodes: TraceTree, owner: number, inside: boolean): void => {
    for (let at = 0; at + 4 < nodes.length; at += 5) {
      const [id, index, , , children] = nodes.slice(at, at + 5)
      if (typeof id !== 'number' || typeof index !== 'number' || typeof children !== 'object') continue
      const nowOwner = isInternal(functions[index]) ? owner : index
      const nowInside = inside || sought.has(index)
      if (sought.has(index)) own.add(id)
      else if (sought.has(nowOwner)) onBehalf.add(id)
      else if (nowInside) below.add(id)
      visit(children, nowOwner, nowInside)
    }
  }
  visit(tree, -1, false)
  return { own, onBehalf, below }
}

function isSame(site: SoughtSite, candidate: TracedFunction | undefined): boolean {
  return (
    candidate !== undefined &&
    candidate.name === site.function &&
    candidate.line === site.line + 1 &&
    candidate.column === site.column + 1 &&
    (candidate.scriptId === site.scriptId || candidate.url === site.url)
  )
}

/** Node's own code, and what V8 does without any code of a file. */
function isInternal(candidate: TracedFunction | undefined): boolean {
  return candidate === undefined || candidate.url === '' || candidate.url.startsWith('node:')
}

function tracedFunctions(traces: AllocationTraces, strings: readonly string[]): readonly TracedFunction[] {
  const { functions, functionFields: fields } = traces
  const column = (name: string, row: number): number => functions[row * fields.length + fields.indexOf(name)] ?? 0
  return Array.from({ length: functions.length / fields.length }, (_, row) => ({
    name: strings[column('name', row)] ?? '',
    url: strings[column('script_name', row)] ?? '',
    scriptId: String(column('script_id', row)),
    line: column('line', row),
    column: column('column', row),
  }))
}
