import { expect, test } from 'vitest'
import { compileSchema } from '../../../src/agent/tools/json-schema/compile.ts'

const person = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const list = {
  $ref: '#/$defs/node',
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
}
const shape = {
  oneOf: [
    { properties: { kind: { const: 'circle' }, radius: { type: 'number' } }, required: ['kind', 'radius'] },
    { properties: { kind: { const: 'square' }, side: { type: 'number' } }, required: ['kind', 'side'] },
  ],
}

test.each<[unknown, unknown]>([
  [true, 1],
  [{}, 1],
  [person, { name: 'x', more: 1 }],
  [{ type: ['string', 'null'] }, null],
  [{ type: 'integer' }, 3.0],
  [{ enum: [1, { a: [1] }] }, { a: [1] }],
  [{ const: null }, null],
  [{ items: { type: 'number' } }, [1, 2]],
  [{ items: { type: 'number' } }, 'no array'],
  [{ prefixItems: [{ type: 'string' }], items: { type: 'number' } }, ['a', 1, 2]],
  [{ items: [{ type: 'string' }] }, ['a', {}]],
  [{ minimum: 1, maximum: 1 }, 1],
  [{ exclusiveMinimum: 0, exclusiveMaximum: 2 }, 1],
  [{ minLength: 2, maxLength: 2 }, '😀😀'],
  [{ pattern: String.raw`^\-a$` }, '-a'],
  [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 1],
  [shape, { kind: 'square', side: 1 }],
  [{ allOf: [person, { minLength: 3 }] }, { name: '' }],
  [{ additionalProperties: false, patternProperties: { '^x-': { type: 'string' } } }, { 'x-a': 'b' }],
  [list, { next: { next: {} } }],
  [{ format: 'email', not: {}, if: {}, unknown: 1, $ref: 'https://example.org/schema' }, 'left to the tool'],
])('%j accepts %j', (schema, value) => {
  expect(compileSchema(schema)(value)).toEqual([])
})

test.each<[unknown, unknown, ...string[]]>([
  [false, 1, 'the input is not allowed'],
  [person, [], 'the input must be an object, not an array'],
  [person, {}, '/name is missing'],
  [{ required: ['toString'] }, {}, '/toString is missing'],
  [person, { name: 3 }, '/name must be a string, not a number'],
  [{ type: ['string', 'null'] }, 1, 'the input must be a string or null, not a number'],
  [{ type: 'integer' }, 1.5, 'the input must be an integer, not 1.5'],
  [{ enum: ['a', 'b'] }, 'c', 'the input must be one of "a", "b"'],
  [{ const: 1 }, 2, 'the input must be 1'],
  [{ items: { type: 'number' } }, [1, 'x'], '/1 must be a number, not a string'],
  [{ prefixItems: [{ type: 'string' }], items: false }, ['a', 1], '/1 is not allowed'],
  [{ minItems: 1 }, [], 'the input must have at least 1 items, not 0'],
  [{ maxItems: 1 }, [1, 2], 'the input must have at most 1 items, not 2'],
  [{ minimum: 1 }, 0, 'the input must be at least 1, not 0'],
  [{ exclusiveMaximum: 1 }, 1, 'the input must be less than 1, not 1'],
  [{ minLength: 2 }, '😀', 'the input must have at least 2 characters, not 1'],
  [{ pattern: '^a$' }, 'b', 'the input must match the pattern /^a$/u'],
  [{ properties: { a: {} }, additionalProperties: false }, { 'b/c': 1 }, '/b~1c is not known; known are: a'],
  [{ additionalProperties: { type: 'string' } }, { a: 1 }, '/a must be a string, not a number'],
  [{ patternProperties: { '^x': { type: 'string' } } }, { xa: 1 }, '/xa must be a string, not a number'],
  [
    { anyOf: [{ type: 'string' }, { minimum: 3 }] },
    2,
    'the input fits none of 2 forms; nearest: the input must be a string, not a number',
  ],
  [shape, { kind: 'square' }, 'the input fits none of 2 forms; nearest: /side is missing'],
  [{ oneOf: [{}, {}] }, 1, 'the input must fit exactly one of 2 forms, not 2'],
  [
    { allOf: [{ minimum: 3 }, { type: 'string' }] },
    1,
    'the input must be at least 3, not 1',
    'the input must be a string, not a number',
  ],
  [list, { next: { next: 1 } }, '/next/next must be an object, not a number'],
])('%j refuses %j', (schema, value, ...problems) => {
  expect(compileSchema(schema)(value)).toEqual(problems)
})

test('at most five problems are told', () => {
  expect(compileSchema({ items: { type: 'string' } })(Array.from({ length: 1_000 }, () => 1))).toHaveLength(5)
})

test.each([
  3,
  { properties: { a: 'string' } },
  { pattern: '(' },
  { patternProperties: { '(': {} } },
  { $ref: '#/$defs/none' },
  { $ref: '#/toString' },
])('%j is no schema', schema => {
  expect(() => compileSchema(schema)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})

test('what was not looked at, for what it would cost, does not fit', () => {
  const check = compileSchema({ items: { anyOf: [{ type: 'string' }, true] } })
  expect(check(Array.from({ length: 1_000 }, () => 1))).toEqual([])
  expect(check(Array.from({ length: 250_000 }, () => 1))).toEqual([
    'the input is too large, or nests too deeply, to be checked',
  ])
})

test('schemas and values that nest without an end are answered nevertheless', () => {
  let deepSchema: object = {}
  for (let depth = 0; depth < 10_000; depth++) deepSchema = { items: deepSchema }
  expect(() => compileSchema(deepSchema)).toThrow(/nests too deeply/)
  let deepValue: object = {}
  for (let depth = 0; depth < 10_000; depth++) deepValue = { next: deepValue }
  expect(compileSchema(list)(deepValue)).toEqual([
    expect.stringMatching(/^….{200} is too large, or nests too deeply, to be checked$/),
  ])
  const endless = { anyOf: [{ allOf: [{ $ref: '#' }, { $ref: '#' }] }, { $ref: '#' }] }
  expect(compileSchema(endless)(1)).toEqual([expect.stringContaining('fits none')])
})
