import { expect, it } from 'vitest'
import { edgeName, edgesOf, nodeName, type HeapGraph } from '../../src/retainers/heap-graph.ts'
import { readSnapshot } from '../../src/retainers/snapshot-reader.ts'

// Two nodes, the first of which holds the second by `kept`, as V8 writes it; the second was made by `keep` in `run`.
const META = {
  node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'],
  node_types: [['synthetic', 'object'], 'string', 'number', 'number', 'number', 'number', 'number'],
  edge_fields: ['type', 'name_or_index', 'to_node'],
  edge_types: [['property', 'element'], 'string_or_number', 'node'],
  location_fields: ['object_index', 'script_id', 'line', 'column'],
  trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
}
const SNAPSHOT = [
  `{"snapshot":${JSON.stringify({ meta: META, node_count: 2, edge_count: 1 })},\n"nodes":[0,0,1,0,1,0,0\n`,
  `,1,1,3,16,0,7,0\n],\n"edges":[0,2,7\n],\n`,
  `"trace_function_infos":[0,0,0,0,0,0,11,3,4,9,2,5,12,5,4,9,7,1],\n`,
  `"trace_tree":[1,0,0,0,[2,2,0,0,[7,1,1,16,[]],8,1,0,0,[]]],\n"samples":[],\n"locations":[7,9,1,-4],\n`,
  `"strings":["",\n"Session",\n"kept \\"\\u00e9] \\\\",\n"keep",\n"file.ts",\n"run"]}`,
].join('')

const read = (text: string): HeapGraph => readSnapshot(Buffer.from(text))

it('reads nodes, edges and names', () => {
  const graph = read(SNAPSHOT)
  expect(graph.nodeCount).toBe(2)
  expect(nodeName(graph, 1)).toBe('Session')
  expect([...graph.nodeIds]).toEqual([1, 3])
  expect([...graph.traceNodes]).toEqual([0, 7])
  const [first, end] = edgesOf(graph, 0)
  expect([end - first, edgeName(graph, first), graph.edgeTargets[first]]).toEqual([1, 'kept "é] \\', 1])
  expect(edgesOf(graph, 1)).toEqual([1, 1])
})

it('reads the stacks as a tree', () => {
  const { ids, functionIndexes, parents, functions } = read(SNAPSHOT).traces
  expect([...ids]).toEqual([1, 2, 7, 8])
  expect([...functionIndexes]).toEqual([0, 2, 1, 1])
  expect([...parents]).toEqual([0, 0, 1, 0])
  expect([functions.count, ...functions.lines, ...functions.columns]).toEqual([3, 0, 2, 7, 0, 5, 1])
})

it('reads where functions stand', () => {
  const { count, nodes, scriptIds, lines, columns } = read(SNAPSHOT).places
  expect([count, ...nodes, ...scriptIds, ...lines, ...columns]).toEqual([1, 1, 9, 1, -4 >>> 0])
})

it('refuses a snapshot that is cut off', () => {
  for (let length = 0; length < SNAPSHOT.length - 1; length++)
    expect(() => read(SNAPSHOT.slice(0, length))).toThrow(SyntaxError)
})

it('refuses a snapshot with something else than numbers', () => {
  expect(() => read(SNAPSHOT.replace('[7,9', '[7,x9'))).toThrow(SyntaxError)
})

it('refuses a snapshot that lacks a node or an edge', () => {
  expect(() => read(SNAPSHOT.replace('"node_count":2', '"node_count":3'))).toThrow(SyntaxError)
  expect(() => read(SNAPSHOT.replace('"edge_count":1', '"edge_count":2'))).toThrow(SyntaxError)
})
