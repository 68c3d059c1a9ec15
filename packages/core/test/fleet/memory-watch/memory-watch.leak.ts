/** What a memory watch leaves when it has ended, and of agents that are gone: nothing. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectCaught, expectClean, expectNoLeak, LARGE } from '../../../../leaktest/test/support/pair.ts'
import { connect, type Fleet, type MemoryWatch } from '../../../src/fleet/index.ts'
import { GrowthWindow } from '../../../src/fleet/memory-watch/growth-window.ts'
import { Histories } from '../../../src/fleet/memory-watch/histories.ts'
import { LeakAlerts } from '../../../src/fleet/memory-watch/leak-alerts.ts'
import type { MemorySample, ProcessReading } from '../../../src/fleet/memory-watch/memory-sample.ts'
import { agent, MB, THRESHOLD, WINDOW } from './looks.ts'

/** Iterations take milliseconds. */
const FEW = { warmup: 10, iterations: 60 }
const PLANTED = { warmup: 20, iterations: 120 }

async function openFleet(): Promise<Fleet> {
  const fleet = await connect('memory:')
  await fleet.register({ id: 'coder-1' })
  onTestFinished(() => fleet.close())
  return fleet
}

async function watchBriefly(fleet: Fleet): Promise<MemoryWatch> {
  const watch = fleet.memoryWatch()
  watch.start()
  await watch.sample()
  await watch.stop()
  return watch
}

describe('a memory watch', () => {
  it('leaves nothing when it was stopped', async () => {
    const fleet = await openFleet()
    await expectClean(() => watchBriefly(fleet), FEW)
  })

  it('is caught when it never was', async () => {
    const fleet = await connect('memory:')
    onTestFinished(() => fleet.close())
    await expectCaught(
      { function: 'startAndForget', file: import.meta.filename },
      async function startAndForget() {
        const watch = fleet.memoryWatch({ onError: () => large.at(0) })
        const large = Array.from(LARGE, () => 0)
        watch.start()
        await watch.sample()
      },
      PLANTED,
    )
  })
})

/** A look at an agent that nobody saw before; each leaks in its time. */
function lookAt(index: number): { name: string; processes: ProcessReading[]; sample: MemorySample } {
  const name = agent(`agent-${index}`)
  const bytes = 200 * MB
  const taken = { bytes, measure: 'pss', cpu: null } as const
  return {
    name,
    processes: [{ key: `${index}`, owners: [name], anonymous: bytes, ...taken }],
    sample: {
      at: index,
      agents: [{ id: `agent-${index}`, epoch: '1', processes: 1, sharedWith: 0, heap: null, ...taken }],
      fleet: { bytes, processes: 1 },
      host: { total: 1, available: 1, limit: null },
    },
  }
}

describe('agents that are gone', () => {
  it('are remembered by nothing', async () => {
    const histories = new Histories()
    const growth = new GrowthWindow(WINDOW)
    const alerts = new LeakAlerts({ threshold: THRESHOLD, window: WINDOW })
    let index = 0
    // The fleet's own history stays, for the newest two thousand looks.
    await expectNoLeak(() => {
      index += 1
      const now = index * WINDOW * 3
      const { name, processes, sample } = lookAt(index)
      histories.add(now, sample)
      alerts.update(now, [name], growth.add(now, [name], processes))
    })
    expect(histories.agent(agent(`agent-${index}`))).toHaveLength(1)
    expect(histories.agent(agent('agent-1'))).toEqual([])
  })
})
