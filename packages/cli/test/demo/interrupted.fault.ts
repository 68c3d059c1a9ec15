import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@oakum/core/fleet'
import { identify, ProcessTable } from '@oakum/core/process'
import { describe, expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { startDemo, type DemoRun } from '../support/demo.ts'
import { sendUntilEnded } from '../support/signals.ts'

/** Only that it watches, when it came so far. */
const NO_ERROR = /^(oakum: watching over .*\n)?$/
const START = /10 agents run/
const SEED = 20_261_122

/** Small, fast, and the same on each run: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function expectNothingLeft({ processes, files }: DemoRun): Promise<void> {
  await until(() => processes().length === 0, { what: 'no process of the demo is left' })
  expect(await files()).toEqual([])
}

describe('a demo', () => {
  // Any moment will do, also those at which nothing is printed: what must hold holds at each.
  const random = randomFrom(SEED)
  const moments = Array.from({ length: 3 }, () => Math.round(random() * 4_500))

  it.each(moments)('that is interrupted %i ms after its start leaves nothing, and ends with 0', async moment => {
    const demo = await startDemo()
    await until(() => demo.said.stdout.includes('starting'))
    await sleep(moment)
    demo.child.kill('SIGINT')
    expect(await demo.done).toMatchObject({ code: 0, stderr: expect.stringMatching(NO_ERROR) })
    await expectNothingLeft(demo)
  })

  it('that is interrupted while it kills leaves nothing, and ends with 0', async () => {
    const demo = await startDemo()
    await until(() => demo.said.stdout.includes('SIGKILL'))
    demo.child.kill('SIGTERM')
    expect(await demo.done).toMatchObject({ code: 0, stderr: expect.stringMatching(NO_ERROR) })
    await expectNothingLeft(demo)
  })

  it('whose output nobody reads any more leaves nothing', async () => {
    const demo = await startDemo()
    await until(() => demo.said.stdout.includes('agent-'))
    demo.child.stdout?.destroy()
    expect(await demo.done).toMatchObject({ code: 0 })
    await expectNothingLeft(demo)
  })

  it.each([1_000, 2_500])('that is killed by SIGKILL %i ms after its start leaves nothing', async moment => {
    const demo = await startDemo()
    await until(() => demo.said.stdout.includes('starting'))
    await sleep(moment)
    demo.child.kill('SIGKILL')
    await demo.done
    await expectNothingLeft(demo)
  })

  it('that is killed by SIGKILL while it reclaims leaves nothing', async () => {
    const demo = await startDemo()
    await until(() => demo.said.stdout.includes('agent-'))
    const fleet = await connect(`sqlite:${join(await demo.folder(), 'store')}`)
    // A machine that stands still for longer than a reclaim takes may hide it.
    await until(async () => (await fleet.counts()).phases.reaping > 0 || demo.said.stdout.includes('orphans'))
    demo.child.kill('SIGKILL')
    await fleet.close()
    await demo.done
    await expectNothingLeft(demo)
  })

  it('that is ended at once by a second signal leaves nothing either', async () => {
    const demo = await startDemo()
    await until(() => START.test(demo.said.stdout))
    demo.child.kill('SIGINT')
    expect([0, 130]).toContain(await sendUntilEnded(demo.child, 'SIGINT'))
    await demo.done
    await expectNothingLeft(demo)
  })

  it('has agents whose children lead sessions of their own', async () => {
    const demo = await startDemo()
    await until(() => START.test(demo.said.stdout))
    const children = [...demo.said.stdout.matchAll(/setsid child (\d+)/g)].map(match => Number(match[1]))
    expect(children).toHaveLength(10)
    const table = ProcessTable.read()
    const alive = children.filter(pid => identify(pid) !== null)
    for (const pid of alive) expect(table.get(pid)?.session).toBe(pid)
    demo.child.kill('SIGINT')
    expect(await demo.done).toMatchObject({ code: 0 })
    await expectNothingLeft(demo)
  })
})
