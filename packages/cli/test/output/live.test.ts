import { array, assert, constantFrom, property } from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FRAME_INTERVAL, openLiveRegion, type LiveRegion } from '../../src/output/live.ts'
import { Screen } from '../support/screen.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function openOn(screen: Screen, first: string[] = []): { region: LiveRegion; show: (next: string[]) => void } {
  let frame = first
  const region = openLiveRegion(screen, () => frame)
  return {
    region,
    show(next: string[]) {
      frame = next
      region.invalidate()
    },
  }
}

describe('a live region', () => {
  it('shows the last frame, whatever came before it', () => {
    const frames = array(array(constantFrom('', 'a', 'bb', 'ccc'), { maxLength: 6 }), { maxLength: 8 })
    assert(
      property(frames, sequence => {
        const screen = new Screen()
        const { region, show } = openOn(screen)
        for (const frame of sequence) {
          show(frame)
          vi.advanceTimersByTime(FRAME_INTERVAL)
        }
        region.close()
        expect(screen.shown).toEqual(sequence.at(-1) ?? [])
      }),
    )
  })

  it('draws at most ten times a second, however often it is invalidated', () => {
    const screen = new Screen()
    let drawn = 0
    const region = openLiveRegion(screen, () => [`${++drawn}`])
    for (let passed = 0; passed < 1_000; passed++) {
      region.invalidate()
      vi.advanceTimersByTime(1)
    }
    expect(drawn).toBeGreaterThan(5)
    expect(drawn).toBeLessThanOrEqual(11)
    region.close()
  })

  it('writes nothing when nothing changed, and only the lines that did', () => {
    const screen = new Screen()
    const { region, show } = openOn(screen, ['one', 'two', 'three'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    const before = screen.writes.length
    show(['one', 'two', 'three'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    expect(screen.writes.length).toBe(before)
    show(['one', 'TWO', 'three'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    expect(screen.writes.at(-1)).toContain('TWO')
    expect(screen.writes.at(-1)).not.toContain('one')
    expect(screen.writes.at(-1)).not.toContain('three')
    region.close()
  })

  it('never fills more rows than the terminal has, so that the scrollback does not grow', () => {
    const screen = new Screen(80, 10)
    const { region, show } = openOn(screen)
    for (let frame = 0; frame < 200; frame++) {
      show(Array.from({ length: 50 }, (_, row) => `${frame} ${row}`))
      vi.advanceTimersByTime(FRAME_INTERVAL)
    }
    expect(screen.lines.length).toBeLessThanOrEqual(10)
    region.close()
  })

  it('cuts lines that would wrap', () => {
    const screen = new Screen(20, 10)
    const { region } = openOn(screen, ['a line that is far too long'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    expect(screen.shown).toEqual(['a line that is far …'])
    region.close()
  })

  it('puts lines that stay above itself', () => {
    const screen = new Screen()
    const { region } = openOn(screen, ['live'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    region.log('first')
    region.log('second')
    expect(screen.shown).toEqual(['first', 'second', 'live'])
    region.close()
  })

  it('writes nothing while the terminal does not read, and catches up when it does', () => {
    const screen = new Screen()
    const { region, show } = openOn(screen, ['old'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    screen.writableNeedDrain = true
    const before = screen.writes.length
    for (let frame = 0; frame < 50; frame++) {
      show([`new ${frame}`])
      vi.advanceTimersByTime(FRAME_INTERVAL)
    }
    expect(screen.writes.length).toBe(before)
    screen.writableNeedDrain = false
    screen.emit('drain')
    vi.advanceTimersByTime(FRAME_INTERVAL)
    expect(screen.shown).toEqual(['new 49'])
    region.close()
  })

  it('starts anew after a resize', () => {
    const screen = new Screen(80, 24)
    const { region } = openOn(screen, ['a', 'b'])
    vi.advanceTimersByTime(FRAME_INTERVAL)
    screen.columns = 40
    screen.emit('resize')
    vi.advanceTimersByTime(FRAME_INTERVAL)
    expect(screen.shown).toEqual(['a', 'b'])
    region.close()
  })

  it('leaves no timer and no listener when it is closed', () => {
    const screen = new Screen()
    const { region } = openOn(screen, ['a'])
    region.invalidate()
    region.close()
    region.close()
    region.invalidate()
    expect(vi.getTimerCount()).toBe(0)
    expect(screen.eventNames()).toEqual([])
  })
})
