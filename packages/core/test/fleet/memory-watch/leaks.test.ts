import { array, assert, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GrowthWindow } from '../../../src/fleet/memory-watch/growth-window.ts'
import { LeakAlerts } from '../../../src/fleet/memory-watch/leak-alerts.ts'
import { EVERY, judge, MB, names, readings, THRESHOLD, WINDOW, type Look } from './looks.ts'

const QUIET: Look = { one: ['quiet', 50] }

describe('a leak', () => {
  it('that grows for ever is told once, and once when its agent is gone', () => {
    const told = judge(200, seconds => (seconds < 1_500 ? { ...QUIET, two: ['leaky', 40 + seconds] } : QUIET))
    expect(told).toEqual([
      { at: 300, what: 'leak', agents: ['leaky'] },
      { at: 1_500, what: 'gone', agents: ['leaky'] },
    ])
  })

  it('of 60 MB at each look is seen, whatever was compared before', () => {
    const told = judge(50, seconds => ({ one: ['leaky', 100 + seconds * 6] }))
    expect(told).toEqual([{ at: 300, what: 'leak', agents: ['leaky'] }])
  })

  it('that begins later is told when it has grown by more than the threshold, not a window later', () => {
    const told = judge(100, seconds => ({ ...QUIET, two: ['leaky', 40 + Math.max(0, seconds - 400)] }))
    expect(told).toEqual([{ at: 510, what: 'leak', agents: ['leaky'] }])
  })

  it('is over when it stopped growing, and is told again when it begins again', () => {
    const told = judge(150, seconds => ({
      ...QUIET,
      two: ['leaky', Math.min(seconds, 400) + Math.max(0, seconds - 1_000)],
    }))
    expect(told).toEqual([
      { at: 300, what: 'leak', agents: ['leaky'] },
      { at: 650, what: 'settled', agents: ['leaky'] }, // when 50 of its 400 s lie within the window
      { at: 1_110, what: 'leak', agents: ['leaky'] },
    ])
  })

  it('is over at once when the memory is given back', () => {
    const told = judge(60, seconds => ({ ...QUIET, two: ['leaky', seconds <= 400 ? 40 + seconds : 40] }))
    expect(told).toEqual([
      { at: 300, what: 'leak', agents: ['leaky'] },
      { at: 410, what: 'settled', agents: ['leaky'] },
    ])
  })

  it('of many agents, none of which grew by much, names them all', () => {
    const ids = Array.from({ length: 20 }, (_, index) => `agent-${index}`)
    const told = judge(60, seconds => Object.fromEntries(ids.map(id => [id, [id, 10 + seconds / 40]])))
    expect(told).toHaveLength(1)
    expect(told[0]?.agents.length).toBeGreaterThanOrEqual(18)
  })

  it('is seen behind others that shrink as fast', () => {
    const told = judge(60, seconds => ({ one: ['shrinking', 900 - seconds], two: ['leaky', 40 + seconds] }))
    expect(told).toEqual([{ at: 300, what: 'leak', agents: ['leaky'] }])
  })

  it('is told beside another that stands', () => {
    const told = judge(100, seconds => ({
      one: ['first', 40 + seconds],
      two: ['second', 40 + Math.max(0, seconds - 500)],
    }))
    expect(told).toEqual([
      { at: 300, what: 'leak', agents: ['first'] },
      { at: 610, what: 'leak', agents: ['second'] },
    ])
  })

  it('in a process that agents share names all of them, and counts once', () => {
    const alerts = new LeakAlerts({ threshold: THRESHOLD, window: WINDOW })
    const growth = new GrowthWindow(WINDOW)
    const at = (seconds: number): ReturnType<typeof alerts.update> => {
      const look: Look = { host: ['a b c', 10 + seconds / 2], other: ['d', 10] }
      return alerts.update(0, names(look), growth.add(seconds * 1_000, names(look), readings(look)))
    }
    expect(at(0)).toEqual([])
    const [change] = at(300)
    expect(change?.alert.agents.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(change?.alert.growth).toBe(150 * MB)
    expect(change?.alert.percent).toBe(1_500)
    expect(at(310)).toEqual([])
  })

  it('by processes that pile up is seen, also when each is small', () => {
    const told = judge(60, seconds => {
      const helpers = Array.from({ length: seconds / 20 }, (_, index) => [`helper-${index}`, ['leaky', 20]])
      return { ...QUIET, main: ['leaky', 40], ...Object.fromEntries(helpers) }
    })
    expect(told).toMatchObject([{ what: 'leak', agents: ['leaky'] }])
  })
})

describe('no leak', () => {
  it('are agents that join and leave, however large', () => {
    const told = judge(200, seconds => {
      const joined = Array.from({ length: 8 }, (_, index) => [
        `p${Math.floor(seconds / 60) - index}`,
        [`agent-${Math.floor(seconds / 60) - index}`, 500],
      ])
      return { ...QUIET, ...Object.fromEntries(joined) }
    })
    expect(told).toEqual([])
  })

  it('are agents that start, and take much in their first minute', () => {
    const told = judge(100, seconds =>
      seconds < 100 ? QUIET : { ...QUIET, two: ['young', Math.min(800, (seconds - 100) * 16)] },
    )
    expect(told).toEqual([])
  })

  it('is an agent that joins a process in which others live', () => {
    const told = judge(100, seconds => ({ host: seconds < 400 ? ['a b', 50] : ['a b c', 500] }))
    expect(told).toEqual([])
  })

  it('is a compiler that an agent runs for two minutes', () => {
    const told = judge(150, seconds =>
      seconds % 300 < 120
        ? { main: ['builder', 50], [`cc-${Math.floor(seconds / 300)}`]: ['builder', 900] }
        : { main: ['builder', 50] },
    )
    expect(told).toEqual([])
  })

  it('is program text whose share rises when others that run it end', () => {
    const growth = new GrowthWindow(WINDOW)
    const look = (seconds: number, bytes: number): unknown => {
      const processes = readings(QUIET).map(reading => Object.assign(reading, { bytes }))
      return growth.add(seconds * 1_000, names(QUIET), processes)
    }
    look(0, 60 * MB)
    expect(look(300, 260 * MB)).toMatchObject({ processes: [{ growth: 0 }] })
  })

  it('is judged across a time in which nobody looked', () => {
    const growth = new GrowthWindow(WINDOW)
    growth.add(0, names(QUIET), readings(QUIET))
    expect(growth.add(WINDOW * 1.5 + 1, names(QUIET), readings(QUIET))).toBeNull()
  })
})

describe('growth', () => {
  it('from nothing has no percentage, and is told all the same', () => {
    const alerts = new LeakAlerts({ threshold: THRESHOLD, window: WINDOW })
    const processes = [{ owners: ['a 1'], growth: 200 * MB, before: 0 }]
    const [change] = alerts.update(0, ['a 1'], { span: WINDOW, cohort: new Set(['a 1']), processes })
    expect(change?.alert).toMatchObject({ percent: null, growth: 200 * MB })
  })

  it('of agents that came or left within the window never counts, at any sequence', () => {
    const size = integer({ min: 0, max: 2_000 })
    // Each agent lives for at most 4 minutes, in a process of its own or one of three that are shared.
    const life = record({
      from: integer({ min: 0, max: 600 }),
      for: integer({ min: 0, max: 240 }),
      size,
      host: integer({ min: 0, max: 5 }),
    })
    assert(
      property(array(life, { maxLength: 30 }), lives => {
        const told = judge(60, seconds => {
          const here = [...lives.entries()].filter(([, one]) => seconds >= one.from && seconds <= one.from + one.for)
          const look: Record<string, [string, number]> = { quiet: ['quiet', 50] }
          for (const [index, one] of here) {
            const key = one.host < 3 ? `host-${one.host}` : `own-${index}`
            const [others, before] = look[key] ?? ['', 0]
            look[key] = [`${others} agent-${index}`.trim(), before + one.size]
          }
          return look
        })
        expect(told).toEqual([])
      }),
      { seed: 7, numRuns: 200 },
    )
  })

  it('needs no more room the more often it looks', () => {
    const growth = new GrowthWindow(WINDOW)
    let compared = 0
    for (let at = 0; at <= WINDOW * 2; at += EVERY / 20) if (growth.add(at, [], [])) compared += 1
    expect(compared).toBeGreaterThan(500)
  })
})
