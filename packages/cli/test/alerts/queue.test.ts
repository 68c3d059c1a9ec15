import { describe, expect, it } from 'vitest'
import { AlertQueue } from '../../src/alerts/queue.ts'
import { alert } from './support.ts'

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

describe('AlertQueue', () => {
  it('sends one at a time, in order, and goes on after a failure', async () => {
    const sent: string[] = []
    const errors: unknown[] = []
    let running = 0
    const queue = new AlertQueue(
      async ({ id }) => {
        expect(++running).toBe(1)
        await new Promise(resolve => setImmediate(resolve))
        running--
        if (id === '1') throw new Error('refused')
        sent.push(id)
      },
      error => errors.push(error),
    )
    for (const id of ids(4)) queue.push(alert(id))
    await queue.close(60_000)
    expect(sent).toEqual(['0', '2', '3'])
    expect(errors).toEqual([new Error('refused')])
  })

  it('keeps the newest hundred, and says how many were given up', async () => {
    const sent: string[] = []
    const errors: unknown[] = []
    const release = Promise.withResolvers<void>()
    const queue = new AlertQueue(
      async ({ id }) => {
        await release.promise
        sent.push(id)
      },
      error => errors.push(error),
    )
    for (const id of ids(111)) queue.push(alert(id))
    release.resolve()
    await queue.close(60_000)
    expect(sent).toEqual(['0', ...ids(111).slice(11)])
    expect(errors).toMatchObject([{ code: 'ALERT_NOT_SENT', message: expect.stringContaining('10 alerts') }])
  })

  it('aborts what is under way when its time is over, and takes nothing more', async () => {
    const sent: string[] = []
    const errors: unknown[] = []
    const queue = new AlertQueue(
      ({ id }, signal) => {
        sent.push(id)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      },
      error => errors.push(error),
    )
    for (const id of ids(3)) queue.push(alert(id))
    await queue.close(0)
    queue.push(alert('late'))
    expect(sent).toEqual(['0'])
    expect(errors).toMatchObject([{ message: 'aborted' }, { message: expect.stringContaining('2 alerts') }])
  })
})
