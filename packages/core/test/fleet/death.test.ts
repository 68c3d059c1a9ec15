import { existsSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { expect, it, vi } from 'vitest'
import type { Fleet } from '../../src/fleet/index.ts'
import { Presence } from '../../src/fleet/presence.ts'
import { message, startProgram } from '../support/fixture-program.ts'
import { sleepers, useToken } from '../support/real-processes.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { openUrl, quickCoordinator } from './fleets.ts'

interface Started {
  program: ChildProcess
  epoch: string
  directory: string
}

async function startAgent(url: string, id: string, root: string, token: string): Promise<Started> {
  const program = startProgram(new URL('fixtures/agent.ts', import.meta.url), url, id, root, token)
  const ready = await message(program)
  if (!isReady(ready)) throw new Error('The agent said something else.')
  await until(() => sleepers(token).length > 0)
  return { program, epoch: ready.epoch, directory: ready.directory }
}

function isReady(value: unknown): value is Omit<Started, 'program'> {
  return typeof value === 'object' && value !== null && 'epoch' in value && 'directory' in value
}

async function reclaimed(fleet: Fleet, id: string): Promise<boolean> {
  return (await fleet.get(id)) === null
}

it('reclaims all that a killed agent held by proof, long before its lease ends, and nothing of its neighbour', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const root = temporaryFolder()
  const [token1, token10] = [useToken(), useToken()]
  const first = await startAgent(url, 'agent-1', root, token1)
  const tenth = await startAgent(url, 'agent-10', root, token10)

  const fleet = await openUrl(url)
  // With the intervals that a user gets.
  const coordinator = fleet.coordinator()
  coordinator.start()
  await until(async () => (await fleet.get('agent-1'))?.phase === 'alive')

  first.program.kill('SIGKILL')
  await until(async () => sleepers(token1).length === 0 && !existsSync(first.directory) && reclaimed(fleet, 'agent-1'))

  expect(await fleet.tombstones({ id: 'agent-1' })).toMatchObject([{ epoch: first.epoch, reason: 'process_gone' }])
  expect(sleepers(token10)).toHaveLength(1)
  expect(existsSync(tenth.directory)).toBe(true)
  expect(await fleet.get('agent-10')).toMatchObject({ phase: 'alive' })
  await fleet.flush()
  const types = (await fleet.events.read({ agent: 'agent-1' })).map(({ type }) => type)
  expect(types).toEqual(['agent_registered', 'cleanup_started', 'cleanup_completed'])
  expect(await fleet.events.read({ types: ['orphans_detected'] })).toHaveLength(1)
  await coordinator.stop()
})

it('finds deaths from before its start, in a single sweep', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const token = useToken()
  const { program, epoch, directory } = await startAgent(url, 'a', temporaryFolder(), token)
  program.kill('SIGKILL')
  await until(() => program.signalCode !== null)

  const fleet = await openUrl(url)
  const coordinator = quickCoordinator(fleet)
  const dry = await coordinator.sweep({ dryRun: true })
  expect(dry).toMatchObject({ orphansDetected: 1, orphansCleaned: 0, healthyAgents: 0 })
  expect(dry.orphans).toMatchObject([{ agentId: 'a', epoch, reason: 'process_gone', released: 0, status: 'found' }])
  expect(existsSync(directory)).toBe(true)

  const { orphans, ...counts } = await coordinator.sweep()
  expect(counts).toEqual({ orphansDetected: 1, orphansCleaned: 1, healthyAgents: 0, held: [] })
  // The directory, and what was started with its mark.
  expect(orphans).toMatchObject([{ agentId: 'a', epoch, reason: 'process_gone', released: 2, status: 'cleaned' }])
  expect(sleepers(token)).toEqual([])
  expect(existsSync(directory)).toBe(false)
  expect(await coordinator.sweep()).toMatchObject({ orphansDetected: 0, healthyAgents: 0 })
})

it('takes over the id of an agent whose process is dead, and leaves its things to a sweep', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const token = useToken()
  const { program, epoch, directory } = await startAgent(url, 'a', temporaryFolder(), token)
  program.kill('SIGKILL')
  await until(() => program.signalCode !== null)

  const fleet = await openUrl(url)
  const agent = await fleet.register({ id: 'a' })
  expect(Number(agent.epoch)).toBeGreaterThan(Number(epoch))
  await quickCoordinator(fleet).sweep()
  await until(() => sleepers(token).length === 0)
  expect(existsSync(directory)).toBe(false)
  await agent.assertAlive()
})

it('ends the agents below a dead one with it, and tells those that live', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const { program } = await startAgent(url, 'parent', temporaryFolder(), useToken())
  const fleet = await openUrl(url)
  const child = await fleet.register({ id: 'child', parent: 'parent' })
  const grandchild = await fleet.register({ id: 'grandchild', parent: child })
  const stranger = await fleet.register({ id: 'stranger' })
  const coordinator = fleet.coordinator()
  coordinator.start()
  program.kill('SIGKILL')

  await until(() => child.signal.aborted && grandchild.signal.aborted)
  expect(child.signal.reason).toMatchObject({ code: 'FENCED' })
  await until(async () => (await fleet.tombstones()).length === 3)
  const reasons = (await fleet.tombstones()).map(({ id, reason }) => `${id} ${reason}`)
  expect(reasons.toSorted()).toEqual(['child parent_gone', 'grandchild parent_gone', 'parent process_gone'])
  await stranger.assertAlive()
  await coordinator.stop()
})

it('reclaims at once what an agent held that was started again before its death was seen', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const token = useToken()
  const first = await startAgent(url, 'a', temporaryFolder(), token)
  const fleet = await openUrl(url)
  const looks = vi.spyOn(Presence.prototype, 'look')
  const coordinator = quickCoordinator(fleet, { watchEvery: 1_000, sweepEvery: 600_000 })
  coordinator.start()
  await until(() => looks.mock.settledResults.some(({ type }) => type === 'fulfilled'))
  looks.mockRestore()

  first.program.kill('SIGKILL')
  await until(() => first.program.signalCode !== null)
  const heir = await fleet.register({ id: 'a' })
  await until(() => sleepers(token).length === 0 && !existsSync(first.directory))
  await until(async () => (await fleet.tombstones({ id: 'a' })).length === 1)
  await heir.assertAlive()
  await coordinator.stop()
})
