import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { isOakumError } from '../../src/errors/index.ts'
import { connect, type Reclaimer } from '../../src/fleet/index.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { PROGRAM_FLAGS } from '../support/fixture-program.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { openUrl, quickCoordinator, refusal } from './fleets.ts'

const ORDERLY = fileURLToPath(new URL('fixtures/orderly.ts', import.meta.url))

describe('closing a fleet', () => {
  it.each(['memory', 'sqlite'])('leaves neither handles nor files, and lets the process end, on %s', async store => {
    const folder = temporaryFolder()
    const url = store === 'memory' ? 'memory:' : `sqlite:${folder}`
    const args = [...PROGRAM_FLAGS, ORDERLY, url, folder]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 100_000 })
    expect(JSON.parse(stdout)).toEqual({ files: [], timers: [] })
  })

  it('releases its agents, and refuses whatever comes after', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const fleet = await connect(url)
    const agent = await fleet.register({ id: 'a' })
    await fleet.close()
    await fleet.close()
    expect(agent.phase).toBe('released')
    expect(await refusal(() => fleet.register({ id: 'b' }))).toBe('STORE_CLOSED')
    expect(await refusal(() => fleet.agents())).toBe('STORE_CLOSED')
    const other = await openUrl(url)
    expect(await other.agents()).toEqual([])
    // Its events were moved before it closed.
    expect((await other.events.read({ agent: 'a' })).map(({ type }) => type)).toEqual([
      'agent_registered',
      'agent_stopped',
    ])
  })

  it('is bounded in time, tries everything, and reports what refused', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const asked = vi.fn<() => Promise<never>>(() => new Promise(() => undefined))
    const deaf: Reclaimer = { kind: 'deaf', reclaim: asked }
    const other = await openUrl(url)
    const fleet = await connect(url, { reclaimers: [deaf] })
    await fleet.register({ id: 'deaf', resources: [{ kind: 'deaf', ref: { key: 'x' } }] })
    await fleet.register({ id: 'easy' })
    useFakeTime()
    const closed = fleet.close({ deadline: 50 }).catch((thrown: unknown) => thrown)
    await until(async () => asked.mock.calls.length === 1 && (await other.get('easy')) === null)
    // Its deadline, and a second for what was told to stop then.
    await vi.advanceTimersByTimeAsync(50)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await closed).toMatchObject({ code: 'RESOURCE_REFUSED', facts: { errors: 1 } })
    expect(await other.get('deaf')).toMatchObject({ phase: 'reaping', reason: 'released' })
  })
})

describe('closing a fleet while', () => {
  it('an agent is being released waits for that release', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const slow: Reclaimer = { kind: 'slow', reclaim: () => pause(100) }
    const fleet = await connect(url, { reclaimers: [slow] })
    const agent = await fleet.register({ id: 'a', resources: [{ kind: 'slow', ref: { key: 'x' } }] })
    const releasing = agent.release()
    await fleet.close()
    expect(await releasing).toEqual({ released: 1, kept: [] })
    expect(await (await openUrl(url)).get('a')).toBeNull()
  })

  it('an agent is being registered leaves none behind', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const roots = [temporaryFolder()]
    for (let steps = 0; steps < 24; steps++) {
      const fleet = await connect(url)
      const registering = fleet.register({ id: `a-${steps}`, ...(steps % 2 === 0 ? { roots } : {}) }).then(
        agent => agent.phase,
        (error: unknown) => (isOakumError(error) ? error.code : error),
      )
      for (let step = 0; step < steps; step++) await Promise.resolve()
      await fleet.close()
      expect(['released', 'STORE_CLOSED', 'starting']).toContain(await registering)
    }
    const other = await openUrl(url)
    expect(await other.agents()).toEqual([])
    const types = (await other.events.read()).map(({ type }) => type)
    expect(types.filter(type => type === 'agent_stopped')).toHaveLength(types.length / 2)
  })
})

it('a coordinator of a closed fleet neither starts nor sweeps', async () => {
  const fleet = await connect('memory:')
  const coordinator = quickCoordinator(fleet)
  await fleet.close()
  expect(() => coordinator.start()).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
  expect(await refusal(() => coordinator.sweep())).toBe('STORE_CLOSED')
})

describe('a release', () => {
  it('that fails is reported, and finished by a coordinator as nobody’s orphan', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const fleet = await openUrl(url)
    const agent = await fleet.register({ id: 'a', resources: [{ kind: 'thing', ref: { key: 'x' } }] })
    expect(await refusal(() => agent.release())).toBe('RESOURCE_REFUSED')
    expect(agent.phase).toBe('released')

    const reclaimed: string[] = []
    const reclaimer: Reclaimer = { kind: 'thing', reclaim: async ({ key }) => void reclaimed.push(key) }
    const coordinator = quickCoordinator(fleet, { reclaimers: [reclaimer] })
    while (reclaimed.length === 0) expect(await coordinator.sweep()).toMatchObject({ orphansDetected: 0 })
    expect(await fleet.tombstones({ id: 'a' })).toMatchObject([{ reason: 'released' }])
  })

  it('uses the reclaimers that the fleet was connected with', async () => {
    const reclaimed: string[] = []
    const reclaimer: Reclaimer = {
      kind: 'thing',
      reclaim: async ({ key, data }) => void reclaimed.push(key, String(data['n'])),
    }
    const fleet = await openUrl('memory:', { reclaimers: [reclaimer] })
    const agent = await fleet.register({ id: 'a' })
    await agent.own('thing', { key: 'x', data: { n: 1 } })
    expect(await agent.release()).toEqual({ released: 1, kept: [] })
    expect(reclaimed).toEqual(['x', '1'])
  })
})

describe('connecting', () => {
  it.each(['redis://localhost', 'nonsense', '', 'sqlite:', 'postgres:x', 'constructor:x'])('refuses %j', async url => {
    expect(await refusal(() => connect(url))).toBe('STORE_UNKNOWN')
  })

  it('refuses times that cannot work', async () => {
    for (const options of [
      { leaseTtl: 0 },
      { leaseTtl: Number.NaN },
      { leaseTtl: 2 ** 31 },
      { beatEvery: 100_000 },
      { fenceAfter: 120_000 },
      { leaseTtl: 1_000, beatEvery: 900 },
    ]) {
      expect(await refusal(() => connect('memory:', options))).toBe('INVALID_OPTION')
    }
    expect(await refusal(() => connect('memory:', { namespace: '../x' }))).toBe('INVALID_ID')
  })

  it('refuses a namespace that names the folder itself or the one above', async () => {
    const folder = temporaryFolder()
    for (const namespace of ['.', '..']) {
      expect(await refusal(() => connect(`sqlite:${join(folder, 'store')}`, { namespace }))).toBe('INVALID_ID')
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['memory:', 'sqlite:'])('gives events the time of its clock, on %s', async url => {
    const clock = new ManualClock()
    const fleet = await openUrl(url === 'sqlite:' ? `${url}${temporaryFolder()}` : url, { clock })
    await fleet.events.append([{ type: 'mine' }])
    expect(await fleet.events.read()).toMatchObject([{ time: clock.now() }])
  })

  it('keeps fleets of different namespaces apart', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const [red, blue] = [await openUrl(url, { namespace: 'red' }), await openUrl(url, { namespace: 'blue' })]
    await red.register({ id: 'a' })
    await blue.register({ id: 'a' })
    expect(await blue.agents()).toHaveLength(1)
  })
})
