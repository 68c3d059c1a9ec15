import { expect, it } from 'vitest'
import { judge } from '../../src/watch/judge.ts'
import type { WatchReading } from '../../src/watch/report.ts'

const MB = 2 ** 20

function readingsOf(heap: (index: number) => number, sockets: (index: number) => number): WatchReading[] {
  return Array.from({ length: 11 }, (_, index) => ({
    at: index * 1_000,
    took: 10,
    heapUsed: heap(index),
    rss: 50 * MB,
    external: 0,
    counts: { sockets: sockets(index), fds: 20 },
  }))
}

it('finds nothing in a program that stands still', () => {
  const { verdict, rises, sites } = judge(
    readingsOf(
      () => 4 * MB,
      () => 3,
    ),
  )
  expect({ verdict, rises, sites }).toEqual({ verdict: 'settles', rises: [], sites: [] })
})

it('accuses nothing of what readings themselves leave', () => {
  const [noise, leak] = [2_500, 5_000].map(each =>
    judge(
      readingsOf(
        index => 4 * MB + index * each,
        () => 3,
      ),
    ),
  )
  expect([noise?.verdict, leak?.verdict]).toEqual(['settles', 'grows'])
})

it('tells how much rises per second', () => {
  const { verdict, rises, bytesPerSecond } = judge(
    readingsOf(
      index => 4 * MB + index * 50_000,
      index => 3 + 2 * index,
    ),
  )
  expect(verdict).toBe('grows')
  expect(rises).toEqual([{ counter: 'sockets', before: 3, after: 21, perSecond: expect.closeTo(2, 1) }])
  expect(bytesPerSecond.value).toBeCloseTo(50_000)
})

it('sees a floor that rises below peaks that come and go', () => {
  const { rises } = judge(
    readingsOf(
      () => 4 * MB,
      index => 3 + 5 * index + (index % 2) * 8,
    ),
  )
  expect(rises.map(({ counter }) => counter)).toEqual(['sockets'])
})

it('accuses nothing that goes up and down, nor what rose once', () => {
  const wave = judge(
    readingsOf(
      index => 4 * MB + (index % 3) * MB,
      index => (index * 7) % 11,
    ),
  )
  expect(wave.verdict).toBe('settles')
  const step = judge(
    readingsOf(
      index => (index < 4 ? 4 : 9) * MB,
      index => (index < 4 ? 3 : 90),
    ),
  )
  expect(step.verdict).toBe('settles')
})

it('accuses no heap that grows by what is noise', () => {
  const { verdict } = judge(
    readingsOf(
      index => 4 * MB + index * 100,
      () => 3,
    ),
  )
  expect(verdict).toBe('settles')
})
