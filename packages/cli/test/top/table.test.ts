import { describe, expect, it } from 'vitest'
import { widthOf } from '../../src/output/text.ts'
import type { TopRow, TopSample } from '../../src/top/sampler.ts'
import { sortOfKey, sortRows, SORTS } from '../../src/top/sort.ts'
import { formatTop } from '../../src/top/table.ts'

const MB = 1_024 * 1_024

function row(id: string, more: Partial<TopRow> = {}): TopRow {
  const nothing = { cpu: null, bytes: null, processes: null, sharedWith: 0 }
  return { id, epoch: '1', phase: 'alive', state: 'x', host: 'h', pid: 7, age: 1_000, ...nothing, ...more }
}

const rows = [
  row('elsewhere'),
  row('agent-10', { cpu: 1, bytes: 5 * MB, processes: 1, age: 5_000 }),
  row('agent-9', { cpu: 90.25, bytes: MB, processes: 3, sharedWith: 1 }),
]

const plain = (_: unknown, text: string): string => text

function sample(agents: TopRow[]): TopSample {
  const host = { total: 1_024 * MB, available: 512 * MB, limit: null }
  return { at: 0, agents, fleet: { bytes: 6 * MB, processes: 4 }, host }
}

describe('the table of oakum top', () => {
  it.each([
    ['cpu', 'agent-9 agent-10 elsewhere'],
    ['memory', 'agent-10 agent-9 elsewhere'],
    ['processes', 'agent-9 agent-10 elsewhere'],
    ['age', 'agent-10 agent-9 elsewhere'],
    ['id', 'agent-9 agent-10 elsewhere'],
  ] as const)('sorted by %s is %s: what is not known comes last', (by, ids) => {
    const sorted = sortRows(rows, by)
    expect(sorted.map(({ id }) => id).join(' ')).toBe(ids)
  })

  it('has a key for each sort, and no two the same', () => {
    expect(SORTS.map(sort => sortOfKey(sort.charAt(0)))).toEqual([...SORTS])
    expect(sortOfKey('x')).toBeUndefined()
  })

  it('fits 80 columns and so many rows, and says how many there are more', () => {
    const many = Array.from({ length: 50 }, (_, index) => row(`agent-${index}`, { state: 'y'.repeat(100) }))
    const lines = formatTop(sample(many), { paint: plain, sort: 'id', width: 80, rows: 10 })
    expect(lines.every(line => widthOf(line) <= 80)).toBe(true)
    expect(lines).toHaveLength('sums, empty, titles'.split(',').length + 10)
    expect(lines.at(-1)).toBe('… and 41 more')
  })

  it('shows nothing where nothing is known', () => {
    expect(formatTop(sample(rows), { paint: plain, sort: 'cpu' })).toEqual([
      '3 agents, 4 processes, 91% cpu, 6 MiB of 1 GiB, 512 MiB free',
      '',
      'AGENT      PHASE  CPU%    MEMORY  PROCS  AGE  PID  STATE',
      'agent-9    alive  90.3  1 MiB ÷2      3   1s    7  x',
      'agent-10   alive   1.0     5 MiB      1   5s    7  x',
      'elsewhere  alive                          1s    7  x',
    ])
    expect(formatTop(sample([]), { paint: plain, sort: 'cpu' })).toEqual([expect.stringContaining('oakum run')])
  })
})
