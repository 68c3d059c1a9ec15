import { describe, expect, it } from 'vitest'
import { Histories } from '../../../src/fleet/memory-watch/histories.ts'
import type { AgentMemory } from '../../../src/fleet/memory-watch/memory-sample.ts'
import { Series } from '../../../src/fleet/memory-watch/series.ts'
import { agent } from './looks.ts'

const MINUTE = 60_000

function memoryOf(id: string, bytes: number): AgentMemory {
  return { id, epoch: '1', bytes, processes: 1, sharedWith: 0, measure: 'pss', heap: null, cpu: null }
}

function many(prefix: string): AgentMemory[] {
  return Array.from({ length: 300 }, (_, index) => memoryOf(`${prefix}-${index}`, 1_000 - index))
}

function add(histories: Histories, at: number, agents: readonly AgentMemory[]): void {
  const bytes = agents.reduce((sum, each) => sum + each.bytes, 0)
  histories.add(at, { at, agents, fleet: { bytes, processes: agents.length } })
}

describe('a series', () => {
  it('keeps the newest points as they came, and of older ones the least, the greatest and the mean', () => {
    const series = new Series()
    for (let index = 0; index < 66; index++) series.add(index * 10, index % 6)
    const [first, second] = series.points()
    expect(first).toEqual({ at: 0, min: 0, max: 5, mean: 2.5 })
    expect(second).toEqual({ at: 60, min: 0, max: 0, mean: 0 })
    expect(series.points().at(-1)).toEqual({ at: 650, min: 5, max: 5, mean: 5 })
  })

  it('needs bounded room, is in order, and loses no peak that it still covers', () => {
    const series = new Series()
    for (let index = 0; index < 20_000; index++) series.add(index, index === 19_000 ? 1_000 : 1)
    const points = series.points()
    expect(points.length).toBeLessThanOrEqual(198)
    expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).toSorted((a, b) => a - b))
    expect(Math.max(...points.map(({ max }) => max))).toBe(1_000)
    // 60 single points, 60 of six, 60 of thirty-six.
    expect(20_000 - (points[0]?.at ?? 0)).toBeGreaterThanOrEqual(60 + 60 * 6 + 60 * 36)
  })
})

describe('histories', () => {
  it('tell of each agent, and of the fleet', () => {
    const histories = new Histories()
    add(histories, 0, [memoryOf('one', 10), memoryOf('two', 20)])
    add(histories, 5, [memoryOf('one', 11)])
    expect(histories.agent(agent('one')).map(({ mean }) => mean)).toEqual([10, 11])
    expect(histories.agent(agent('two')).map(({ mean }) => mean)).toEqual([20])
    expect(histories.fleet().map(({ mean }) => mean)).toEqual([30, 11])
  })

  it('forget an agent ten minutes after it was gone, and not before', () => {
    const histories = new Histories()
    add(histories, 0, [memoryOf('one', 10), memoryOf('two', 20)])
    for (let minute = 1; minute < 10; minute++) add(histories, minute * MINUTE, [memoryOf('two', 20)])
    expect(histories.agent(agent('one'))).toHaveLength(1)
    add(histories, 10 * MINUTE, [memoryOf('two', 20)])
    expect(histories.agent(agent('one'))).toEqual([])
    expect(histories.agent(agent('two'))).toHaveLength(11)
  })

  it('are kept of 256 agents: those seen last, and of these the largest', () => {
    const histories = new Histories()
    add(histories, 0, many('old'))
    expect(histories.agent(agent('old-255'))).toHaveLength(1)
    expect(histories.agent(agent('old-256'))).toEqual([])
    add(histories, 1, many('new'))
    expect(histories.agent(agent('old-0'))).toEqual([])
    expect(histories.agent(agent('new-0'))).toHaveLength(1)
  })
})
