import { expect, test, vi } from 'vitest'
import { marksOf, newMark, ownerOf, selfIdentity, withMark } from '../../src/process/index.ts'
import { marksIn } from '../../src/process/marker.ts'

test('marks are random, and safe as elements of a list', () => {
  const marks = new Set(Array.from({ length: 1_000 }, newMark))
  expect(marks.size).toBe(1_000)
  for (const mark of marks) expect(mark).toMatch(/^[0-9a-f-]+$/)
})

test('a mark names the process that made it, to others of the same boot and pid namespace', () => {
  const mark = newMark()
  expect(ownerOf(mark)).toEqual(selfIdentity())
  expect(ownerOf(mark.replace(/[^-]{8}$/, '00000000'))).toBeNull()
  expect(ownerOf('0123456789abcdef')).toBeNull()
})

test('an inner mark is added behind the outer one, in a copy', () => {
  const env = { PATH: '/bin', OAKUM_MARKS: 'outer' }
  expect(withMark(env, 'inner')).toEqual({ PATH: '/bin', OAKUM_MARKS: 'outer:inner' })
  expect(env.OAKUM_MARKS).toBe('outer')
  expect(marksOf(withMark(env, 'inner'))).toEqual(['outer', 'inner'])
  expect(marksOf({})).toEqual([])
})

test('an environment without marks gets those of this process first', () => {
  vi.stubEnv('OAKUM_MARKS', 'mine')
  expect(withMark({}, 'inner').OAKUM_MARKS).toBe('mine:inner')
  vi.stubEnv('OAKUM_MARKS', undefined)
  expect(withMark({}, 'inner').OAKUM_MARKS).toBe('inner')
  vi.unstubAllEnvs()
})

test('a mark is found as a whole element of the right variable only', () => {
  expect(carries('OAKUM_MARKS=abc\0')).toBe(true)
  expect(carries('A=1\0OAKUM_MARKS=x:abc:y\0B=2\0')).toBe(true)
  expect(carries('A=1\0OAKUM_MARKS=abc')).toBe(true)
  expect(carries('OAKUM_MARKS=abcd\0')).toBe(false)
  expect(carries('OAKUM_MARKS=xabc:abcx\0')).toBe(false)
  expect(carries('MY_OAKUM_MARKS=abc\0')).toBe(false)
  expect(carries('X=\nOAKUM_MARKS=abc\0')).toBe(false)
  expect(carries('A=abc\0OAKUM_MARKS=\0B=abc\0')).toBe(false)
  expect(carries('')).toBe(false)
})

function carries(environment: string): boolean {
  return marksIn(environment).includes('abc')
}
