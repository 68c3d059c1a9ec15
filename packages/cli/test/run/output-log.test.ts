import type { EventInput } from '@oakum/core/events'
import { describe, expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { OutputLog } from '../../src/run/output-log.ts'

function createLog(append: (events: readonly EventInput[]) => Promise<unknown>) {
  const errors: unknown[] = []
  return { errors, log: new OutputLog({ agent: 'a', append, onError: error => errors.push(error) }) }
}

const entries = (count: number, from = 0) => Array.from({ length: count }, (_, index) => ({ line: `${from + index}` }))

describe('OutputLog', () => {
  it('appends in batches, in order, never two at once', async () => {
    const batches: number[] = []
    const lines: unknown[] = []
    let running = 0
    const { log } = createLog(async events => {
      expect(++running).toBe(1)
      await new Promise(resolve => setImmediate(resolve))
      running--
      batches.push(events.length)
      lines.push(...events.map(({ data }) => data?.line))
    })
    for (let line = 0; line < 2_000; line++) await log.add(entries(1, line), 1)
    await log.close()
    expect(lines).toEqual(Array.from({ length: 2_000 }, (_, line) => `${line}`))
    expect(batches.length).toBeLessThan(20)
  })

  it('makes the caller wait when the log is slow', async () => {
    const gates = Array.from({ length: 2 }, () => Promise.withResolvers<void>())
    let appends = 0
    const { log } = createLog(() => gates[appends++]?.promise ?? Promise.resolve())
    await log.add(entries(1), 1024 * 1024)
    let there = false
    const waiting = log.add(entries(1), 1).then(() => (there = true))
    await until(() => appends === 1)
    await new Promise(resolve => setTimeout(resolve, 50)) // long enough for it to come back, were it not made to wait
    expect(there).toBe(false)
    for (const gate of gates) gate.resolve()
    await waiting
    await log.close()
  })

  it('tells of a failure once, goes on, and says how many lines are missing', async () => {
    let failures = 2
    const stored: EventInput[] = []
    const { log, errors } = createLog(async events => {
      if (failures-- > 0) throw new Error('full')
      stored.push(...events)
    })
    for (let batch = 0; batch < 3; batch++) await log.add(entries(500, batch * 500), 500).then(() => log.close())
    expect(errors).toHaveLength(1)
    expect(stored).toHaveLength(501)
    expect(stored[0]).toMatchObject({ type: 'agent.output_lost', data: { lines: 1_000 } })
    expect(stored[1]).toMatchObject({ type: 'agent.output', data: { line: '1000' } })
  })
})
