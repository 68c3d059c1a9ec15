/**
 * Reads the text of a heap snapshot as V8 writes it.
 *
 * V8 notes the stack of every allocation meanwhile: what is read goes from the bytes into typed arrays, and no number of the
 * text becomes an object. The sections come in the order that V8 has always written, with the strings last; no text before
 * them has quotation marks but for the names of the sections.
 */
import type { AllocationTraces, FunctionPlaces, HeapGraph, TracedFunctions } from './heap-graph.ts'
import { SnapshotStrings } from './snapshot-strings.ts'

interface Header {
  readonly meta: {
    readonly node_fields: readonly string[]
    readonly node_types: readonly [readonly string[], ...unknown[]]
    readonly edge_fields: readonly string[]
    readonly edge_types: readonly [readonly string[], ...unknown[]]
    readonly trace_function_info_fields: readonly string[]
    readonly location_fields: readonly string[]
  }
  readonly node_count: number
  readonly edge_count: number
}

/** Throws SyntaxError when it is no whole heap snapshot, RangeError when the graph cannot be held. */
export function readSnapshot(text: Buffer): HeapGraph {
  const cursor = new Cursor(text)
  const header = readHeader(text, cursor)
  const nodes = readNodes(cursor, header)
  const edges = readEdges(cursor, header)
  const promised = nodes.firstEdges.at(-1)
  if (promised !== header.edge_count) throw new SyntaxError('The heap snapshot has not as many edges as its nodes say.')
  const functions = readFunctions(cursor, header)
  const traces = { functions, ...readTree(cursor) }
  const places = readPlaces(cursor, header)
  return {
    nodeCount: header.node_count,
    ...nodes,
    ...edges,
    nodeTypeNames: header.meta.node_types[0],
    edgeTypeNames: header.meta.edge_types[0],
    traces,
    places,
    strings: readStrings(text, cursor),
  }
}

function readHeader(text: Buffer, cursor: Cursor): Header {
  cursor.enter('nodes')
  const end = text.lastIndexOf(',', cursor.at - '"nodes":['.length)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the format of V8's own serialiser
  return (JSON.parse(`${text.toString('latin1', 0, end)}}`) as { snapshot: Header }).snapshot
}

function readNodes(
  cursor: Cursor,
  { meta, node_count: count }: Header,
): Pick<HeapGraph, 'nodeTypes' | 'nodeNames' | 'nodeIds' | 'traceNodes' | 'firstEdges'> {
  const firstEdges = new Uint32Array(count + 1)
  const columns = {
    type: new Uint32Array(count),
    name: new Uint32Array(count),
    id: new Uint32Array(count),
    trace_node_id: new Uint32Array(count),
    edge_count: firstEdges.subarray(1),
  }
  cursor.readRecords(meta.node_fields, columns, count)
  for (let node = 0; node < count; node++) firstEdges[node + 1] = (firstEdges[node + 1] ?? 0) + (firstEdges[node] ?? 0)
  const { type: nodeTypes, name: nodeNames, id: nodeIds, trace_node_id: traceNodes } = columns
  return { nodeTypes, nodeNames, nodeIds, traceNodes, firstEdges }
}

function readEdges(
  cursor: Cursor,
  { meta, edge_count: count }: Header,
): Pick<HeapGraph, 'edgeTypes' | 'edgeNames' | 'edgeTargets'> {
  const edgeTargets = new Uint32Array(count)
  const columns = { type: new Uint32Array(count), name_or_index: new Uint32Array(count), to_node: edgeTargets }
  cursor.enter('edges')
  cursor.readRecords(meta.edge_fields, columns, count)
  // V8 tells where in the list of numbers the node begins.
  const width = meta.node_fields.length
  for (let edge = 0; edge < count; edge++) edgeTargets[edge] = (edgeTargets[edge] ?? 0) / width
  return { edgeTypes: columns.type, edgeNames: columns.name_or_index, edgeTargets }
}

function readFunctions(cursor: Cursor, { meta }: Header): TracedFunctions {
  cursor.enter('trace_function_infos')
  const { count, column } = readColumns(cursor, meta.trace_function_info_fields)
  return {
    count,
    names: column('name'),
    urls: column('script_name'),
    scriptIds: column('script_id'),
    lines: column('line'),
    columns: column('column'),
  }
}

function readPlaces(cursor: Cursor, { meta }: Header): FunctionPlaces {
  cursor.enter('locations')
  const { count, column } = readColumns(cursor, meta.location_fields)
  const width = meta.node_fields.length
  return {
    count,
    nodes: column('object_index').map(index => index / width),
    scriptIds: column('script_id'),
    lines: column('line'),
    columns: column('column'),
  }
}

/** A list of records whose number is not told before. */
function readColumns(
  cursor: Cursor,
  fields: readonly string[],
): { readonly count: number; readonly column: (name: string) => Uint32Array } {
  const values: number[] = []
  for (let value = cursor.next(); value >= 0; value = cursor.next()) values.push(value)
  const count = Math.floor(values.length / fields.length)
  const column = (name: string): Uint32Array => {
    const filled = new Uint32Array(count)
    const field = fields.indexOf(name)
    for (let record = 0; record < count; record++) filled[record] = values[record * fields.length + field] ?? 0
    return filled
  }
  return { count, column }
}

/** Records of id, function, count, size and the list of the callees' records. */
function readTree(cursor: Cursor): Pick<AllocationTraces, 'ids' | 'functionIndexes' | 'parents'> {
  const ids: number[] = []
  const functionIndexes: number[] = []
  const parents: number[] = []
  const open = [0]
  cursor.enter('trace_tree')
  for (let field = 0; open.length > 0;) {
    const value = cursor.next()
    if (value === OPEN) open.push(ids.length - 1)
    else if (value === CLOSE) open.pop()
    else if (field === 0) parents[ids.push(value) - 1] = open.at(-1) ?? 0
    else if (field === 1) functionIndexes.push(value)
    field = value < 0 ? 0 : field + 1
  }
  return {
    ids: Uint32Array.from(ids),
    functionIndexes: Uint32Array.from(functionIndexes),
    parents: Uint32Array.from(parents),
  }
}

function readStrings(text: Buffer, cursor: Cursor): SnapshotStrings {
  cursor.enter('strings')
  const starts: number[] = []
  let isInside = false
  let at = cursor.at
  for (; at < text.length; at++) {
    const byte = text[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) {
      if (!isInside) starts.push(at)
      isInside = !isInside
    } else if (byte === CLOSING && !isInside) break
  }
  if (at >= text.length) throw new SyntaxError('The heap snapshot is cut off.')
  return new SnapshotStrings(text, [...starts, at])
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const OPENING = 0x5b
const BACKSLASH = 0x5c
const CLOSING = 0x5d

/** What {@link Cursor.next} returns where a list begins or ends. */
const OPEN = -1
const CLOSE = -2

/** A place in the text, where lists of numbers are read. */
class Cursor {
  readonly #text: Buffer
  at = 0

  constructor(text: Buffer) {
    this.#text = text
  }

  /** Goes into the list of this name. */
  enter(section: string): void {
    const start = `"${section}":[`
    const at = this.#text.indexOf(start, this.at, 'latin1')
    if (at < 0) throw new SyntaxError(`The heap snapshot has no ${section}.`)
    this.at = at + start.length
  }

  /** Reads a number, or where a list begins or ends. What is below 0 comes as 32 bits without a sign. */
  next(): number {
    const text = this.#text
    let at = this.at
    let byte = text[at]
    while (byte === COMMA || byte === NEWLINE) byte = text[++at]
    if (byte === OPENING || byte === CLOSING || byte === undefined) {
      this.at = at + 1
      return byte === OPENING ? OPEN : CLOSE
    }
    const isNegative = byte === MINUS
    if (isNegative) byte = text[++at]
    const start = at
    let value = 0
    for (; byte !== undefined && byte >= ZERO && byte <= NINE; byte = text[++at]) value = value * 10 + byte - ZERO
    if (at === start) throw new SyntaxError('The heap snapshot has something else where a number should be.')
    this.at = at
    return isNegative ? -value >>> 0 : value
  }

  /** Reads a list of records; what has no column is left out. */
  readRecords(fields: readonly string[], columns: Readonly<Record<string, Uint32Array>>, count: number): void {
    const ordered = fields.map(field => columns[field])
    let record = 0
    let field = 0
    for (let value = this.next(); value >= 0; value = this.next()) {
      const column = ordered[field]
      if (column !== undefined) column[record] = value
      if (++field < ordered.length) continue
      field = 0
      record++
    }
    if (record !== count || field !== 0) throw new SyntaxError('The heap snapshot has not as many records as it says.')
  }
}
