import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { answerText, errorText } from '../../../src/agent/tools/answer-text.ts'
import { CappedOutput, capText } from '../../../src/agent/tools/capped-output.ts'
import { isOakumError, OakumError } from '../../../src/errors/index.ts'

const roomy = { maxBytes: 1_000 }

test('a string is told as it is, nothing as nothing, anything else as JSON', () => {
  expect(answerText('a "b"', roomy)).toBe('a "b"')
  expect(answerText(undefined, roomy)).toBe('')
  expect(answerText(null, roomy)).toBe('null')
  expect(answerText({ a: [1, new Date(0)] }, roomy)).toBe('{"a":[1,"1970-01-01T00:00:00.000Z"]}')
})

const circular: { self?: unknown } = {}
circular.self = circular

test.each<[string, unknown]>([
  ['a circular object', circular],
  ['a BigInt', { n: 1n }],
  ['a function', () => {}],
  ['a symbol', Symbol('s')],
  ['bytes', Buffer.from('x')],
  ['a map', new Map([['a', 1]])],
  ['a set', new Set([1])],
  ['an error', new Error('no')],
  ['a getter that throws', Object.defineProperty({}, 'x', { enumerable: true, get: () => fail() })],
  ['a toJSON that throws', { toJSON: () => fail() }],
  ['a toJSON that gives nothing', { toJSON: () => undefined }],
  ['a revoked proxy', revoked()],
])('%s is a typed failure', (_, value) => {
  expect(() => answerText(value, roomy)).toThrow(expect.toSatisfy(error => isOakumError(error, 'TOOL_ANSWER_INVALID')))
})

test('what is thrown is told by its message and its causes, whatever it is', () => {
  const refused = new Error('connect ECONNREFUSED')
  expect(errorText(new TypeError('fetch failed', { cause: refused }), roomy)).toBe('fetch failed: connect ECONNREFUSED')
  expect(errorText(new OakumError('ABORTED', 'It was aborted.', { cause: refused }), roomy)).toBe('It was aborted.')
  expect(errorText('just text', roomy)).toBe('just text')
  expect(errorText({ status: 3 }, roomy)).toBe('{"status":3}')
  expect(errorText(undefined, roomy)).toBe('The tool failed, and did not say why.')
  expect(errorText(new RangeError(), roomy)).toBe('RangeError')
  expect(errorText(new AggregateError([new Error('a'), new Error('b')]), roomy)).toBe('Error: a; Error: b')
  expect(errorText(revoked(), roomy)).toBe('something that cannot be described was thrown')
  expect(errorText(new Error('x'.repeat(5_000)), { maxBytes: 10 })).toBe('xxxxx\n… 4990 bytes left out …\nxxxxx')
})

test('100 MB are told by their head and tail, and are not kept', () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('There is no garbage collector to call.')
  collect()
  const before = process.memoryUsage().heapUsed
  const text = answerText('0123456789'.repeat(10_000_000), roomy)
  expect(text).toMatch(/^\d{500}\n… 99999000 bytes left out …\n\d{500}$/)
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
})

test('every cut of a text keeps whole characters, and tells what is missing', () => {
  const text = 'aé€😀'.repeat(8)
  const total = Buffer.byteLength(text)
  for (let maxBytes = 1; maxBytes < total; maxBytes++) {
    const cut = capText(text, maxBytes)
    const [, head = '', left, tail = ''] = /^(.*)\n… (\d+) bytes left out …\n(.*)$/su.exec(cut) ?? []
    expect(text.startsWith(head) && text.endsWith(tail)).toBe(true)
    const kept = Buffer.byteLength(head + tail)
    expect(kept + Number(left)).toBe(total)
    expect(kept).toBeLessThanOrEqual(maxBytes)
    expect(kept).toBeGreaterThan(maxBytes - 7)
  }
  expect(capText(text, total)).toBe(text)
})

test('output in pieces is cut as the whole is, wherever the pieces end', () => {
  const text = 'aé€😀'.repeat(8)
  const bytes = Buffer.from(text)
  for (let maxBytes = 1; maxBytes <= bytes.length + 1; maxBytes++) {
    for (const size of [1, 3, 7, 50, 500]) {
      const output = new CappedOutput(maxBytes)
      for (let at = 0; at < bytes.length; at += size) output.write(bytes.subarray(at, at + size))
      expect(output.text()).toBe(capText(text, maxBytes))
      expect(output.total).toBe(bytes.length)
    }
  }
})

test('bytes that are no text read as the sign for that', () => {
  const output = new CappedOutput(4)
  output.write(Buffer.from([0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0xff, 0xff]))
  expect(output.text()).toBe('\n… 6 bytes left out …\n\uFFFD\uFFFD')
})

test.each([0, -1, 1.5, Number.NaN, Infinity])('a limit of %s is refused', maxBytes => {
  const refused = expect.objectContaining({ code: 'INVALID_OPTION' })
  expect(() => answerText('', { maxBytes })).toThrow(refused)
  expect(() => new CappedOutput(maxBytes)).toThrow(refused)
})

function fail(): never {
  throw new Error('no')
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
