import { afterEach, describe, expect, it } from 'vitest'
import { sourcePlaceOf } from '../src/source-places.ts'

// oxlint-disable-next-line typescript/unbound-method -- it is put back, not called
const { prepareStackTrace } = Error
const place = { file: '/home/dev/dist/loop.js', line: 19, column: 7 }

/** The place, where whoever prepares traces answers so. */
function placeWhenTraceIs(trace: unknown): unknown {
  Error.prepareStackTrace = () => trace
  return sourcePlaceOf(place)
}

function methodsOf(call: object = {}): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(call))
}

afterEach(() => {
  Error.prepareStackTrace = prepareStackTrace
})

describe('the place of a source', () => {
  it.each([
    ['a bare place', 'Error\n    at /home/dev/src/loop.ts:12:3', '/home/dev/src/loop.ts'],
    [
      'a place with a function',
      'Error: \n    at Loop.run [as go] (/home/dev/src/loop.ts:12:3)',
      '/home/dev/src/loop.ts',
    ],
    ['a URL', 'Error\n    at file:///home/dev/my%20src/loop.ts:12:3', '/home/dev/my src/loop.ts'],
    ['a folder with brackets', 'Error\n    at run (/home/dev/src (old)/loop.ts:12:3)', '/home/dev/src (old)/loop.ts'],
    ['a bare folder with brackets', 'Error\n    at /home/dev/src (old)/loop.ts:12:3', '/home/dev/src (old)/loop.ts'],
    ['what a bundler calls it', 'Error\n    at webpack:///./src/loop.ts:12:3', 'webpack:///./src/loop.ts'],
    ['more lines than one', 'Error\n    at /home/dev/a.ts:12:3\n    at /home/dev/b.ts:1:1', '/home/dev/a.ts'],
  ])('is read from a trace that has %s', (_, trace, file) => {
    expect(placeWhenTraceIs(trace)).toEqual({ file, line: 12, column: 3 })
  })

  it.each([
    ['a text without a place', 'Error: no place'],
    ['a place without a line', 'Error\n    at /home/dev/src/loop.ts'],
    ['line 0', 'Error\n    at /home/dev/src/loop.ts:0:1'],
    ['the URL of no file here', 'Error\n    at file://elsewhere/src/loop.ts:12:3'],
    ['no text', [{ file: 'loop.ts' }]],
    ['nothing', undefined],
  ])('is the one where the code runs when the trace is %s', (_, trace) => {
    expect(placeWhenTraceIs(trace)).toEqual(place)
  })

  it('is the one where the code runs when nobody can prepare such a trace', () => {
    Error.prepareStackTrace = () => {
      throw new TypeError('no such call')
    }
    expect(sourcePlaceOf(place)).toEqual(place)
    Error.prepareStackTrace = Object.create(null)
    expect(sourcePlaceOf(place)).toEqual(place)
  })

  it('is asked for with an error and a call, as V8 does', () => {
    const asked: unknown[] = []
    Error.prepareStackTrace = (error, calls) => {
      const call = calls[0]
      asked.push(
        error instanceof Error,
        call?.getFileName(),
        call?.getLineNumber(),
        call?.getColumnNumber(),
        // oxlint-disable-next-line typescript/no-base-to-string -- the type does not tell that calls are written as places
        String(call),
      )
    }
    sourcePlaceOf(place)
    expect(asked.slice(0, 5)).toEqual([true, place.file, 19, 7, '/home/dev/dist/loop.js:19:7'])
  })

  it('has each method that a call of V8 has', () => {
    let missing: string[] = ['not asked']
    Error.prepareStackTrace = (_, calls) => methodsOf(calls[0])
    const real: unknown = new Error('for its trace').stack
    Error.prepareStackTrace = (_, calls) => {
      const made = methodsOf(calls[0])
      missing = (Array.isArray(real) ? real : ['no methods']).filter(name => !made.includes(name))
    }
    sourcePlaceOf(place)
    expect(missing).toEqual([])
  })

  it.each(['', 'node:net'])('is nowhere else for %j', file => {
    Error.prepareStackTrace = () => 'Error\n    at /home/dev/src/loop.ts:12:3'
    expect(sourcePlaceOf({ ...place, file })).toEqual({ ...place, file })
  })
})
