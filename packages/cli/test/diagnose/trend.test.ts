import { describe, expect, it } from 'vitest'
import { trendOf, type Point } from '../../src/diagnose/trend.ts'

/** Sixty readings, a second apart. */
function series(valueAt: (second: number) => number): Point[] {
  return Array.from({ length: 60 }, (_, second) => ({ at: second * 1_000, value: valueAt(second) }))
}

/** The same at every run, between -1 and 1. */
function wobble(second: number): number {
  return Math.sin(second * 12.9898) * Math.cos(second * 78.233)
}

describe('trendOf', () => {
  it.each([
    ['a steady rise', (second: number) => 100 + 2 * second, 2],
    ['a noisy rise', (second: number) => 100 + 2 * second + 8 * wobble(second), 2],
    ['a rise in steps', (second: number) => 100 + 10 * Math.floor(second / 6), 10 / 6],
    ['a rise with one spike', (second: number) => 100 + 2 * second + (second === 30 ? 10_000 : 0), 2],
  ])('tells %s with its slope, inside of the interval', (_, valueAt, slope) => {
    const { verdict, perSecond } = trendOf(series(valueAt), 4)
    expect(verdict).toBe('grows')
    expect(perSecond.value).toBeCloseTo(slope, 0)
    expect(perSecond.low).toBeLessThanOrEqual(slope)
    expect(perSecond.high).toBeGreaterThanOrEqual(slope)
  })

  it.each([
    ['what stays', () => 23],
    ['what wobbles', (second: number) => 100 + 20 * wobble(second)],
    ['what goes up and down', (second: number) => 100 + (second % 20) * 5],
    ['what falls', (second: number) => 100 - second],
    ['what rises at first and then stays', (second: number) => 100 + Math.min(second, 10) * 5],
    ['what rises once, at the end', (second: number) => (second < 55 ? 100 : 200)],
    ['what rises by less than noise', (second: number) => 100 + second / 20],
  ])('settles for %s', (_, valueAt) => {
    expect(trendOf(series(valueAt), 4).verdict).toBe('settles')
  })

  it('tells nothing of few readings', () => {
    expect(trendOf(series(second => 100 * second).slice(0, 9), 4).verdict).toBe('settles')
    expect(trendOf(series(() => 7).slice(0, 1), 4)).toMatchObject({ verdict: 'settles', first: 7, last: 7, highest: 7 })
  })
})
