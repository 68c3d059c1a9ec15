import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { selfIdentity } from '../../src/process/identity.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'
import { openFleet, quickCoordinator, STORES } from './fleets.ts'

it.each(STORES)('a dry run says how long the dead were silent by the time of the store, on %s', async store => {
  const clock = new ManualClock()
  const fleet = await openFleet(store, { clock })
  const { pid } = spawnSync('true')
  const agent = await fleet.register({ id: 'dead', process: { ...selfIdentity(), pid } })
  await until(() => agent.phase === 'alive')
  clock.advance(5_000)
  clock.setWall(-3_600_000)

  const { orphans } = await quickCoordinator(fleet).sweep({ dryRun: true })
  expect(orphans).toMatchObject([{ agentId: 'dead', reason: 'process_gone', idleTime: 5_000, status: 'found' }])
  const { lastBeat } = (await fleet.get('dead')) ?? {}
  expect(await fleet.now()).toBe((lastBeat ?? 0) + 5_000)
  expect(await fleet.get('dead')).toMatchObject({ phase: 'alive' })
})
