/** Alerts that are sent for months leave nothing, and a queue that nobody closes is caught. */
import { connect } from '@oakum/core/fleet'
import { describe, it } from 'vitest'
import { expectCaught, expectClean, LARGE } from '../../../leaktest/test/support/pair.ts'
import { AlertQueue } from '../../src/alerts/queue.ts'
import { watchAlerts } from '../../src/alerts/watch.ts'
import { alert } from './support.ts'

const ignore = (): void => {}

describe('alerts', () => {
  it('leave nothing when they are sent, refused, or given up', async () => {
    const queue = new AlertQueue(async ({ id }) => {
      if (id === 'refused') throw new Error('refused')
    }, ignore)
    await expectClean(async () => {
      for (const id of ['sent', 'refused']) queue.push(alert(id))
      const brief = new AlertQueue(async () => {}, ignore)
      brief.push(alert('last'))
      await brief.close(0)
    })
  })

  it('leave nothing of a watch that is closed', async () => {
    const fleet = await connect('memory:')
    const webhook = new URL('http://127.0.0.1:9/')
    await expectClean(async () => {
      const watch = await watchAlerts({ fleet, url: 'memory:', webhook, onError: ignore })
      await watch.close()
    })
    await fleet.close()
  })

  it('are caught when they pile up', async () => {
    const kept: string[][] = []
    const keepAlert = (): void => void kept.push(Array.from(LARGE, () => 'x'))
    await expectCaught({ function: 'keepAlert', file: import.meta.filename }, async () => {
      const queue = new AlertQueue(async () => keepAlert(), ignore)
      queue.push(alert('kept'))
      await queue.close(1_000)
    })
  })
})
