/** What is shown of a fleet leaves nothing when it has been shown; regions that are never closed are caught. */
import { EventEmitter } from 'node:events'
import { connect } from '@oakum/core/fleet'
import { expect, it, onTestFinished } from 'vitest'
import { expectCaught, expectClean } from '../../../leaktest/test/support/pair.ts'
import { countOwned, formatAgents } from '../../src/output/agent-table.ts'
import { openLiveRegion, type LiveRegion, type Terminal } from '../../src/output/live.ts'
import type { Paint } from '../../src/output/paint.ts'
import { formatDetails, readDetails } from '../../src/status/details.ts'

const paint: Paint = (_format, text) => text

/** Takes whatever is written, and keeps none of it. */
class Blank extends EventEmitter implements Terminal {
  readonly columns = 80
  readonly rows = 24
  readonly writableNeedDrain = false

  write(): boolean {
    return true
  }
}

it('a status that was shown leaves nothing', async () => {
  const fleet = await connect('memory:')
  onTestFinished(() => fleet.close())
  for (const id of ['coder-1', 'coder-2']) await fleet.register({ id, labels: { team: 'a' } })
  await fleet.flush()
  await expectClean(async () => {
    const agents = await fleet.agents()
    const rows = await Promise.all(agents.map(async agent => ({ agent, owned: await countOwned(fleet, agent) })))
    const now = await fleet.now()
    expect(formatAgents(rows, { paint, now, width: 80 })).toHaveLength(3)
    for (const agent of agents) formatDetails(await readDetails(fleet, agent, agents), paint, now)
  })
})

it('regions that are closed leave nothing', async () => {
  const terminal = new Blank()
  await expectClean(({ iteration }) => {
    const region = openLiveRegion(terminal, ({ columns }) => [`${iteration} of ${columns}`, 'second'])
    region.invalidate()
    region.log('a line')
    terminal.emit('resize')
    region.close()
  })
  expect(terminal.eventNames()).toEqual([])
})

it('a region that stays keeps nothing but its last frame', async () => {
  const terminal = new Blank()
  let frame = 0
  const region = openLiveRegion(terminal, () => [`frame ${frame}`])
  onTestFinished(() => region.close())
  await expectClean(({ iteration }) => {
    frame = iteration
    region.invalidate()
    region.log(`line ${iteration}`)
    terminal.emit('resize')
  })
})

it('regions that are never closed are caught', async () => {
  const terminal = new Blank().setMaxListeners(0)
  const before = process.getMaxListeners()
  process.setMaxListeners(0)
  const regions: LiveRegion[] = []
  const planted = function leavesOpen(): void {
    const shown = [`region ${regions.length}`]
    regions.push(openLiveRegion(terminal, () => shown))
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
  for (const region of regions) region.close()
  process.setMaxListeners(before)
})

it('frames that are remembered are caught', async () => {
  const fleet = await connect('memory:')
  onTestFinished(() => fleet.close())
  const agent = await fleet.register({ id: 'coder-1' })
  const remembered: object[] = []
  const planted = async function remembersFrames(): Promise<void> {
    const rows = [{ agent: (await fleet.agents())[0] ?? expect.fail(`no ${agent.id}`), owned: 0 }]
    remembered.push({ rows, lines: formatAgents(rows, { paint, now: 0 }) })
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
})
