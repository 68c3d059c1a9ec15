import { expect, it } from 'vitest'
import { edgeName, edgesOf, nodeName } from '../../src/retainers/heap-graph.ts'
import { SnapshotReader } from '../../src/retainers/snapshot-reader.ts'

// Two nodes, the first of which holds the second by `kept`, as V8 writes it.
const META = {
  node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'],
  node_types: [['synthetic', 'object'], 'string', 'number', 'number', 'number', 'number', 'number'],
  edge_fields: ['type', 'name_or_index', 'to_node'],
  edge_types: [['property', 'element'], 'string_or_number', 'node'],
  trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
}
const SNAPSHOT = [
  `{"snapshot":${JSON.stringify({ meta: META, node_count: 2, edge_count: 1 })},\n"nodes":[0,0,1,0,1,0,0`,
  `,1,1,3,16,0,7,0],\n"edges":[0,2,7],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n`,
  `"locations":[],\n"strings":["","Session","kept ]"]}`,
].join('')

function read(pieces: readonly string[]): SnapshotReader {
  const reader = new SnapshotReader()
  for (const piece of pieces) reader.read(piece)
  return reader
}

it.each([1, 2, 3, 7, 50, SNAPSHOT.length])('reads a snapshot in pieces of %i characters', size => {
  const pieces = Array.from({ length: Math.ceil(SNAPSHOT.length / size) }, (_, at) =>
    SNAPSHOT.slice(at * size, (at + 1) * size),
  )
  const graph = read(pieces).finish()
  expect(graph.nodeCount).toBe(2)
  expect(nodeName(graph, 1)).toBe('Session')
  expect([...graph.traceNodes]).toEqual([0, 7])
  const [first, end] = edgesOf(graph, 0)
  expect([end - first, edgeName(graph, first), graph.edgeTargets[first]]).toEqual([1, 'kept ]', 1])
})

it('refuses a snapshot that is cut off', () => {
  for (const share of [0.3, 0.8, 0.95])
    expect(() => read([SNAPSHOT.slice(0, SNAPSHOT.length * share)]).finish()).toThrow(SyntaxError)
})

it('refuses a snapshot that lacks a node', () => {
  expect(() => read([SNAPSHOT.replace('"node_count":2', '"node_count":3')]).finish()).toThrow(SyntaxError)
})
