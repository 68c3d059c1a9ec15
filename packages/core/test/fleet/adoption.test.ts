import { expect, it } from 'vitest'
import { adopted, isAdopted, type RegisterOptions } from '../../src/fleet/index.ts'
import { identify, type ProcessIdentity } from '../../src/process/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { lives, start, useToken } from '../support/real-processes.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { openUrl, quickCoordinator } from './fleets.ts'

function startSleeper(): ProcessIdentity {
  const identity = identify(start('sleep', [useToken()]).pid)
  if (identity === null) throw new Error('sleep is gone')
  return identity
}

/** Registers an agent and leaves at once; then so much time passes. */
async function registerAndLeave(url: string, options: RegisterOptions, clock: ManualClock): Promise<void> {
  const fleet = await openUrl(url, { clock })
  const agent = await fleet.register(options)
  await until(() => agent.phase === 'alive')
  await fleet.close({ release: false })
  clock.advance(600_000)
}

it('an adopted agent is alive while its process is, though nobody beat for five leases', async () => {
  const [url, clock, process] = [`sqlite:${temporaryFolder()}`, new ManualClock(), startSleeper()]
  await registerAndLeave(url, { id: 'adopted', ...adopted(process) }, clock)

  const fleet = await openUrl(url, { clock })
  expect(await quickCoordinator(fleet).sweep({ dryRun: true })).toMatchObject({ orphans: [], healthyAgents: 1 })
  expect(await quickCoordinator(fleet).sweep()).toMatchObject({ orphans: [], healthyAgents: 1 })
  const record = await fleet.get('adopted')
  expect(record).toMatchObject({ phase: 'alive', lastBeat: await fleet.now() })
  expect(record && isAdopted(record)).toBe(true)
  expect(lives(process.pid)).toBe(true)
})

it('the same silence ends an agent that has to beat for itself', async () => {
  const [url, clock, process] = [`sqlite:${temporaryFolder()}`, new ManualClock(), startSleeper()]
  await registerAndLeave(url, { id: 'silent', process, ownsProcess: true }, clock)

  const fleet = await openUrl(url, { clock })
  expect(await quickCoordinator(fleet).sweep({ dryRun: true })).toMatchObject({ orphans: [{ agentId: 'silent' }] })
})

it('an adopted agent whose process ended is found by proof', async () => {
  const [url, clock, identity] = [`sqlite:${temporaryFolder()}`, new ManualClock(), startSleeper()]
  await registerAndLeave(url, { id: 'adopted', ...adopted(identity) }, clock)
  process.kill(identity.pid, 'SIGKILL')
  await until(() => !lives(identity.pid))

  const fleet = await openUrl(url, { clock })
  await quickCoordinator(fleet).sweep()
  expect(await fleet.get('adopted')).toBeNull()
})

it('a coordinator that stays goes on beating', async () => {
  const [url, process] = [`sqlite:${temporaryFolder()}`, startSleeper()]
  const first = await openUrl(url, { leaseTtl: 4_000, beatEvery: 100 })
  await first.register({ id: 'adopted', ...adopted(process) })
  await first.close({ release: false })

  const fleet = await openUrl(url)
  const coordinator = quickCoordinator(fleet, { sweepEvery: 60_000 })
  coordinator.start()
  const { seq } = (await fleet.get('adopted')) ?? {}
  const beats = new Set<number | null | undefined>()
  await until(async () => beats.add((await fleet.get('adopted'))?.lastBeat).size >= 3, { what: 'three beats' })
  expect(await fleet.get('adopted')).toMatchObject({ seq, phase: 'alive' })
  await coordinator.stop()
})
