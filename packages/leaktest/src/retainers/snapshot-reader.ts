/**
 * Reads the text of a heap snapshot as V8 writes it, piece by piece.
 *
 * The text is never held as a whole: it may be longer than a string can be, and several times the heap it tells of. Each
 * piece is parsed by `JSON.parse`, which is native and so as fast as ever when the optimiser is off. The sections come in
 * the order that V8 has always written: header, nodes, edges, and then what is small.
 */
import type { HeapGraph, TraceTree } from './heap-graph.ts'

interface Header {
  readonly meta: {
    readonly node_fields: readonly string[]
    readonly node_types: readonly [readonly string[], ...unknown[]]
    readonly edge_fields: readonly string[]
    readonly edge_types: readonly [readonly string[], ...unknown[]]
    readonly trace_function_info_fields: readonly string[]
  }
  readonly node_count: number
  readonly edge_count: number
}

interface Rest {
  readonly trace_function_infos: readonly number[]
  readonly trace_tree: TraceTree
  readonly strings: readonly string[]
}

const NODES_START = ',\n"nodes":['
const EDGES_START = ',\n"edges":['

export class SnapshotReader {
  #section: 'header' | 'nodes' | 'edges' | 'rest' = 'header'
  /** Text that waits for its continuation. */
  #text = ''
  #restPieces: string[] = []
  #tables: Tables | undefined

  /** Takes the next piece of the text. Throws SyntaxError when it is no heap snapshot. */
  read(piece: string): void {
    this.#text += piece
    if (this.#section === 'header') this.#readHeader()
    if (this.#section === 'nodes') this.#readNumbers(EDGES_START, 'edges')
    if (this.#section === 'edges') this.#readNumbers('', 'rest')
    if (this.#section === 'rest') {
      this.#restPieces.push(this.#text)
      this.#text = ''
    }
  }

  /** The graph, when all was read. Throws SyntaxError when something is missing, RangeError when it cannot be held. */
  finish(): HeapGraph {
    if (this.#tables === undefined || this.#section !== 'rest') throw new SyntaxError('The heap snapshot is cut off.')
    const pieces = this.#restPieces
    this.#restPieces = []
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the format of V8's own serialiser
    const rest = JSON.parse(pieces.join('').replace(/^,/, '{')) as Rest
    return this.#tables.finish(rest)
  }

  #readHeader(): void {
    const end = this.#text.indexOf(NODES_START)
    if (end < 0) return
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the format of V8's own serialiser
    const { snapshot } = JSON.parse(`${this.#text.slice(0, end)}}`) as { snapshot: Header }
    this.#tables = new Tables(snapshot)
    this.#text = this.#text.slice(end + NODES_START.length)
    this.#section = 'nodes'
  }

  /** Reads the numbers of one section up to where it ends, or to where the piece does. */
  #readNumbers(nextStart: string, next: 'edges' | 'rest'): void {
    const end = this.#text.indexOf(']')
    if (end >= 0 && this.#text.length < end + 1 + nextStart.length) return
    const cut = end >= 0 ? end : this.#text.lastIndexOf(',')
    if (cut < 0) return
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing but numbers in these sections
    const values = JSON.parse(`[${this.#text.slice(0, cut)}]`) as number[]
    if (this.#section === 'nodes') this.#tables?.addNodes(values)
    else this.#tables?.addEdges(values)
    this.#text = this.#text.slice(end >= 0 ? end + 1 + nextStart.length : cut + 1)
    if (end >= 0) this.#section = next
  }
}

/** The typed arrays, filled record by record; a record may be spread over two pieces. */
class Tables {
  readonly #header: Header
  readonly #nodeTypes: Uint8Array
  readonly #nodeNames: Uint32Array
  readonly #nodeIds: Uint32Array
  readonly #firstEdges: Uint32Array
  readonly #traceNodes: Uint32Array
  readonly #edgeTypes: Uint8Array
  readonly #edgeNames: Uint32Array
  readonly #edgeTargets: Uint32Array
  #nodes = 0
  #edges = 0
  #edgesPromised = 0
  #begun: number[] = []

  constructor(header: Header) {
    this.#header = header
    this.#nodeTypes = new Uint8Array(header.node_count)
    this.#nodeNames = new Uint32Array(header.node_count)
    this.#nodeIds = new Uint32Array(header.node_count)
    this.#firstEdges = new Uint32Array(header.node_count + 1)
    this.#traceNodes = new Uint32Array(header.node_count)
    this.#edgeTypes = new Uint8Array(header.edge_count)
    this.#edgeNames = new Uint32Array(header.edge_count)
    this.#edgeTargets = new Uint32Array(header.edge_count)
  }

  addNodes(values: readonly number[]): void {
    const fields = this.#header.meta.node_fields
    const [type, name, edges] = [fields.indexOf('type'), fields.indexOf('name'), fields.indexOf('edge_count')]
    const [id, trace] = [fields.indexOf('id'), fields.indexOf('trace_node_id')]
    const numbers = this.#records(values, fields.length)
    for (let at = 0; at < numbers.length; at += fields.length) {
      const node = this.#nodes++
      this.#nodeTypes[node] = numbers[at + type] ?? 0
      this.#nodeNames[node] = numbers[at + name] ?? 0
      this.#nodeIds[node] = numbers[at + id] ?? 0
      this.#traceNodes[node] = numbers[at + trace] ?? 0
      this.#edgesPromised += numbers[at + edges] ?? 0
      this.#firstEdges[node + 1] = this.#edgesPromised
    }
  }

  addEdges(values: readonly number[]): void {
    const fields = this.#header.meta.edge_fields
    const [type, name, to] = [fields.indexOf('type'), fields.indexOf('name_or_index'), fields.indexOf('to_node')]
    const nodeFields = this.#header.meta.node_fields.length
    const numbers = this.#records(values, fields.length)
    for (let at = 0; at < numbers.length; at += fields.length) {
      const edge = this.#edges++
      this.#edgeTypes[edge] = numbers[at + type] ?? 0
      this.#edgeNames[edge] = numbers[at + name] ?? 0
      this.#edgeTargets[edge] = (numbers[at + to] ?? 0) / nodeFields
    }
  }

  finish(rest: Rest): HeapGraph {
    const { meta, node_count: nodeCount, edge_count: edgeCount } = this.#header
    if (this.#nodes !== nodeCount || this.#edges !== edgeCount || this.#edgesPromised !== edgeCount)
      throw new SyntaxError('The heap snapshot has not as many nodes or edges as it says.')
    return {
      nodeCount,
      nodeTypes: this.#nodeTypes,
      nodeNames: this.#nodeNames,
      nodeIds: this.#nodeIds,
      firstEdges: this.#firstEdges,
      traceNodes: this.#traceNodes,
      edgeTypes: this.#edgeTypes,
      edgeNames: this.#edgeNames,
      edgeTargets: this.#edgeTargets,
      nodeTypeNames: meta.node_types[0],
      edgeTypeNames: meta.edge_types[0],
      strings: rest.strings,
      traces: {
        functions: rest.trace_function_infos,
        functionFields: meta.trace_function_info_fields,
        tree: rest.trace_tree,
      },
    }
  }

  /** Whole records: what was left of the piece before, and what there is now, without what is left for the next. */
  #records(values: readonly number[], length: number): readonly number[] {
    const numbers = this.#begun.length > 0 ? this.#begun.concat(values) : values
    const left = numbers.length % length
    this.#begun = left > 0 ? numbers.slice(-left) : []
    return left > 0 ? numbers.slice(0, -left) : numbers
  }
}
