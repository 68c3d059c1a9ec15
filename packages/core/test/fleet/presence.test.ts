import { expect, it } from 'vitest'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { Presence } from '../../src/fleet/presence.ts'
import type { LeaseRef } from '../../src/fleet/records.ts'
import { identify, selfIdentity, type ProcessIdentity } from '../../src/process/index.ts'
import { lives, start, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'

const store = createMemoryFleetStore()
const presence = new Presence(store)

async function register(id: string, process: ProcessIdentity): Promise<LeaseRef> {
  const common = { host: 'h', roots: [], labels: {}, state: 'idle', leaseTtl: 60_000, resources: [] }
  const { epoch } = await store.register({ ...common, id, process, nonce: id })
  return { id, epoch }
}

it('reports the leases of dead processes until they are forgotten, and not all that ever were', async () => {
  const { pid } = start('sleep', [useToken()])
  const identity = identify(pid)
  if (identity === null) throw new Error('sleep is gone')
  await register('mine', selfIdentity())
  await register('elsewhere', { ...identity, bootId: 'another-boot' })
  const left = [await register('left', identity)]
  expect(await presence.look()).toEqual([])

  // The process goes on, and nearly all of its agents come and go between two looks, in three waves.
  for (const wave of ['first', 'second', 'third']) {
    const refs: LeaseRef[] = []
    for (let index = 0; index < 1_200; index++) refs.push(await register(`${wave}-${index}`, identity))
    expect(await presence.look()).toEqual([])
    for (const ref of refs) {
      const { claims } = await store.claim({ holder: 'h', claimTtl: 1_000, what: { by: 'released', ref } })
      for (const { token } of claims) await store.finish(token, { released: 0, kept: [], milliseconds: 0 })
    }
  }
  left.push(await register('late', identity))

  process.kill(pid, 'SIGKILL')
  await until(() => !lives(pid))
  const dead = await presence.look()
  expect(dead).toEqual(expect.arrayContaining(left))
  expect(dead.length).toBeLessThanOrEqual(1_202) // without the first two waves
  expect(await presence.look()).toEqual(dead)
  presence.forget(dead)
  expect(await presence.look()).toEqual([])
})
