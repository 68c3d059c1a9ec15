import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEchoFilter, ECHO } from '../../src/process/echo.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('of signals', () => {
  it('the first counts, and what follows within 300 ms does not', () => {
    const filter = createEchoFilter()
    expect(filter.counts()).toBe(true)
    for (let echo = 0; echo < 3; echo++) expect(filter.counts()).toBe(false)
    vi.advanceTimersByTime(ECHO - 1)
    expect(filter.counts()).toBe(false)
  })

  it('one after that counts, however many came meanwhile, and opens the time for its own echo', () => {
    const filter = createEchoFilter()
    filter.counts()
    for (let echo = 0; echo < 5; echo++) {
      vi.advanceTimersByTime(ECHO / 6)
      expect(filter.counts()).toBe(false)
    }
    vi.advanceTimersByTime(ECHO / 6)
    vi.runAllTimers()
    expect(filter.counts()).toBe(true)
    expect(filter.counts()).toBe(false)
  })

  it('one that waited until the time was over does not: timers that are due come before it', () => {
    const filter = createEchoFilter()
    filter.counts()
    setTimeout(() => expect(filter.counts()).toBe(false), ECHO)
    vi.runAllTimers()
    expect(filter.counts()).toBe(true)
    expect.assertions(2)
  })

  it('no timer is left when it is closed', () => {
    const filter = createEchoFilter()
    filter.counts()
    filter.close()
    expect(vi.getTimerCount()).toBe(0)
    expect(filter.counts()).toBe(true)
    filter.close()
  })
})
