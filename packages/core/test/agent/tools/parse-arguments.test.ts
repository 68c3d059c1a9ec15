import { expect, test } from 'vitest'
import { z } from 'zod'
import { tool, type Tool } from '../../../src/agent/index.ts'
import { checkArguments } from '../../../src/agent/tools/parse-arguments.ts'

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
