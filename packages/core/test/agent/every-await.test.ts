/**
 * Whatever a run waits for, and however it is ended there, nothing of it is left, and nothing is told of it any more.
 *
 * OAKUM_ORDERS sets how many orders are tried; OAKUM_SEED the first seed, to repeat one.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { POINTS, runOrder, STRIKES } from './orders/order.ts'

const ORDERS = Number(process.env.OAKUM_ORDERS ?? 300)
const FIRST_SEED = Number(process.env.OAKUM_SEED ?? 1)

const WAYS = POINTS.flatMap(point => STRIKES.map(strike => ({ point, strike })))

describe('a run that is ended at any point where it waits', () => {
  it(`leaves nothing, tells nothing more, and lets the next one be clean, in ${ORDERS} orders`, async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    process.on('warning', note)
    onTestFinished(() => {
      process.off('unhandledRejection', note)
      process.off('warning', note)
    })
    const counts = new Map<string, number>()
    const statuses = new Map<string, number>()
    for (let order = 0; order < ORDERS; order++) {
      const seed = FIRST_SEED + order
      const { strike, point } = WAYS[seed % WAYS.length] ?? { strike: 'cancel', point: 'create' }
      const { points, status } = await runOrder(seed, strike, point)
      expect(unhandled, `Seed ${seed}`).toEqual([])
      for (const each of points) add(counts, `${each}: ${strike}`)
      add(statuses, status)
    }
    if (process.env.OAKUM_ORDERS !== undefined) report(counts, statuses)
    if (ORDERS < 2 * WAYS.length) return
    const missed = WAYS.map(({ point, strike }) => `${point}: ${strike}`).filter(way => !counts.has(way))
    expect(missed).toEqual([])
  })

  it('is the same for the same seed', async () => {
    const first = await runOrder(7, 'cancel', 'tool')
    expect((await runOrder(7, 'cancel', 'tool')).trace).toEqual(first.trace)
    expect(first.trace.length).toBeGreaterThan(5)
  })
})

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function report(counts: ReadonlyMap<string, number>, statuses: ReadonlyMap<string, number>): void {
  const lines = POINTS.map(point => {
    const struck = STRIKES.map(strike => `${strike} ${counts.get(`${point}: ${strike}`) ?? 0}`)
    return `${point}: ${struck.join(', ')}`
  })
  const results = [...statuses].map(([status, count]) => `${count} ${status}`)
  console.log([`${ORDERS} orders from seed ${FIRST_SEED}: ${results.join(', ')}`, ...lines].join('\n'))
}
