import * as v from 'valibot'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { tool, type Tool } from '../../../src/agent/index.ts'
import { checkArguments } from '../../../src/agent/tools/parse-arguments.ts'
import { isOakumError } from '../../../src/errors/index.ts'
import { Scope } from '../../../src/scope/index.ts'
import { call } from './calling.ts'

const invalidOption = expect.toSatisfy((error: unknown) => isOakumError(error, 'INVALID_OPTION'))
const described = { name: 'greet', description: 'Greets.' }
const objectSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } as const

test('zod says what it accepts, checks it, and gives its output to execute', async () => {
  const greet = tool({
    ...described,
    parameters: z.object({ name: z.string(), times: z.coerce.number().default(2) }),
    execute: args => {
      expectTypeOf(args).toEqualTypeOf<{ name: string; times: number }>()
      return `${args.name} `.repeat(args.times)
    },
  })
  expect(greet).toMatchObject(described)
  expect(greet.parameters).toMatchObject({ type: 'object', properties: { name: { type: 'string' } } })
  expect(greet.parameters).not.toHaveProperty('$schema')
  await using scope = new Scope('zod')
  expect(await call(greet, { name: 'Ann' }, scope)).toBe('Ann Ann ')
  expect(await checkArguments(greet, '{"name":3}')).toEqual({
    ok: false,
    problem: '/name: Invalid input: expected string, received number',
  })
})

test('valibot needs its JSON Schema said beside it', async () => {
  const parameters = v.object({ list: v.array(v.object({ 'a/b': v.number() })) })
  expect(() => tool({ ...described, parameters, execute: () => '' })).toThrow(
    /greet needs the option jsonSchema: valibot/,
  )
  const jsonSchema = { type: 'object', properties: { list: { type: 'array' } } }
  const made = tool({
    ...described,
    parameters,
    jsonSchema,
    parallel: false,
    execute: args => expectTypeOf(args).toEqualTypeOf<{ list: { 'a/b': number }[] }>(),
  })
  expect(made).toMatchObject({ parallel: false, parameters: jsonSchema })
  expect(await checkArguments(made, '{"list":[{"a/b":1}]}')).toEqual({ ok: true, value: { list: [{ 'a/b': 1 }] } })
  expect(await checkArguments(made, '{"list":[{"a/b":""}]}')).toEqual({
    ok: false,
    problem: expect.stringMatching(/^\/list\/0\/a~1b: Invalid type: Expected number/),
  })
})

test('a validator that can say only a part needs it said as well', () => {
  const parameters = z.object({ at: z.date() })
  expect(() => tool({ ...described, parameters, execute: () => '' })).toThrow(invalidOption)
  expect(tool({ ...described, parameters, jsonSchema: objectSchema, execute: () => '' }).parameters).toEqual(
    objectSchema,
  )
})

test('plain JSON Schema is checked, and its arguments are given as they came', async () => {
  const read = tool<{ path: string }>({
    ...described,
    parameters: objectSchema,
    execute: args => args.path.length,
  })
  expect(await checkArguments(read, '{"path":"x"}')).toEqual({ ok: true, value: { path: 'x' } })
  expect(await checkArguments(read, '{"path":3}')).toEqual({
    ok: false,
    problem: '/path must be a string, not a number',
  })
})

test.each([{}, { handler: () => '' }, { execute: 'echo' }])('what has no function execute is refused: %j', given => {
  const refused = expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('execute') })
  // @ts-expect-error -- as somebody may whose code has no types
  expect(() => tool({ ...described, parameters: objectSchema, ...given })).toThrow(refused)
})

test('what has no name is refused', () => {
  // @ts-expect-error -- as somebody may whose code has no types
  expect(() => tool({ description: '', parameters: objectSchema, execute: () => '' })).toThrow(invalidOption)
})

test.each(['', 'a b', 'é', 'x'.repeat(65), 'a.b'])('the name %j is refused', name => {
  expect(() => tool({ ...described, name, parameters: objectSchema, execute: () => '' })).toThrow(invalidOption)
})

test.each([{ type: 'string' }, {}, { anyOf: [{ type: 'object' }] }])(
  'parameters that are no object are refused: %j',
  parameters => {
    expect(() => tool({ ...described, parameters, execute: () => '' })).toThrow(/"type": "object"/)
  },
)

test('a tool without parameters tells so in the way that services want', () => {
  const ping = tool({ ...described, parameters: { type: 'object' }, execute: () => '' })
  expect(ping.parameters).toEqual({ type: 'object', properties: {} })
})

const any: Tool = tool({ name: 'any', description: '', parameters: { type: 'object' }, execute: () => '' })

/** What is wrong with a text; undefined when nothing is. */
async function problemOf(text: string, of: Tool = any): Promise<string | undefined> {
  const checked = await checkArguments(of, text)
  return checked.ok ? undefined : checked.problem
}

test('no text is an empty object', async () => {
  for (const text of ['', '  \n']) expect(await checkArguments(any, text)).toEqual({ ok: true, value: {} })
})

test('a text that is no JSON is a problem that says where', async () => {
  expect(await problemOf('{"a": 1')).toMatch(/^no JSON: .*position 7/)
  expect(await problemOf('{"a": b}')).toMatch(/^no JSON: Unexpected token 'b'/)
  expect(await problemOf('<html>')).toMatch(/no JSON.*'<'/)
})

test('a check that throws or rejects is a problem', async () => {
  expect(await problemOf('{}', { ...any, check: boom })).toBe('they could not be checked: boom')
  expect(await problemOf('{}', { ...any, check: async () => boom() })).toBe('they could not be checked: boom')
  const nothing: unknown = Object.create(null)
  expect(await problemOf('{}', { ...any, check: () => Promise.reject(nothing) })).toMatch(/could not be checked: /)
  const refined = z.object({}).refine(boom)
  expect(await problemOf('{}', tool({ name: 'x', description: '', parameters: refined, execute: () => '' }))).toMatch(
    /boom/,
  )
})

test.each([
  '{"a":[{"__proto__":{"admin":true}}]}',
  String.raw`{"\u005f_proto__":{"admin":true}}`,
  '{"constructor":{"prototype":{"admin":true}}}',
])('a key that would change what all objects inherit is refused: %s', async text => {
  expect(await problemOf(text)).toMatch(/the key \S+ is not allowed/)
  expect({}).not.toHaveProperty('admin')
})

test('such words are harmless elsewhere', async () => {
  const text = String.raw`{"a":"__proto__","constructor":"Eames","b":"\u00e9"}`
  expect(await checkArguments(any, text)).toEqual({ ok: true, value: { a: '__proto__', constructor: 'Eames', b: 'é' } })
})

test('a text that nests a hundred thousand times does no harm', async () => {
  const deep = `${'['.repeat(100_000)}"__proto__"${']'.repeat(100_000)}`
  expect(await problemOf(deep)).toMatch(/must be an object, not an array/)
})

function boom(): never {
  throw new Error('boom')
}
