import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Agent, Fleet, Reclaimer } from '../../src/fleet/index.ts'
import { describeContainer } from '../../src/fleet/reclaimers/container.ts'
import { usePodman } from '../support/podman.ts'
import { pidsWith, useToken } from '../support/real-processes.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { needTool } from '../support/tools.ts'
import { until } from '../support/until.ts'
import { openFleet } from './fleets.ts'

/** An id that no container has. */
const NONE = 'a'.repeat(64)

let fleet: Fleet
let agent: Agent

beforeEach(async () => {
  fleet = await openFleet('memory')
  agent = await fleet.register({ id: 'a' })
})

function setEnvironment(name: string, value: string): void {
  const before = process.env[name]
  process.env[name] = value
  onTestFinished(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
}

describe('a container that an agent owned', () => {
  it('is removed with what runs in it, and no other; that it is gone already is fine', async () => {
    const podman = await usePodman()
    const [token, other] = [useToken(), useToken()]
    const id = podman.run(token)
    const others = podman.run(other)
    expect(podman.containers().toSorted()).toEqual([id, others].toSorted())
    await until(() => pidsWith(token).length > 0)

    await agent.own('container', { id, engine: 'podman' })
    expect(await agent.release()).toEqual({ released: 1, kept: [] })
    expect(podman.containers()).toEqual([others])
    await until(() => pidsWith(token).length === 0, { what: 'what ran in it is gone' })
    expect(pidsWith(other)).not.toEqual([])

    const late = await fleet.register({ id: 'late' })
    await late.own('container', { id, engine: 'podman' })
    expect(await late.release()).toEqual({ released: 0, kept: [] })
    expect(podman.containers()).toEqual([others])
  })

  it('is asked for where it was made, whatever daemon the one who reclaims has in its environment', async () => {
    const podman = await usePodman()
    const id = podman.run(useToken())
    await agent.own('container', { id, engine: 'podman' })
    setEnvironment('CONTAINER_HOST', `unix://${temporaryFolder()}/elsewhere.sock`)
    setEnvironment('CONTAINER_CONNECTION', 'elsewhere')
    const released = await agent.release()
    delete process.env.CONTAINER_HOST
    delete process.env.CONTAINER_CONNECTION
    expect(released).toEqual({ released: 1, kept: [] })
    expect(podman.containers()).toEqual([])
  })

  it('is kept, and said so, where its engine is not installed', async () => {
    await agent.own('container', { id: NONE })
    setEnvironment('PATH', '/nowhere')
    expect(await agent.release()).toEqual({
      released: 0,
      kept: [{ kind: 'container', key: NONE, why: 'docker is not installed here' }],
    })
  })
})

it('is ended before the things that were owned after it, since it may use them', async () => {
  const asked: string[] = []
  const noting = (kind: string): Reclaimer => ({ kind, reclaim: async () => void asked.push(kind) })
  const noted = await openFleet('memory', { reclaimers: [noting('container'), noting('volume')] })
  const owner = await noted.register({ id: 'a' })
  await owner.own('volume', { key: 'first' })
  await owner.own('container', { id: NONE })
  await owner.own('volume', { key: 'last' })
  await owner.release()
  expect(asked).toEqual(['container', 'volume', 'volume'])
})

describe('a daemon that does not answer', () => {
  it('is said, and the container is not forgotten: a coordinator tries again', async () => {
    await needTool('podman')
    setEnvironment('CONTAINER_HOST', `unix://${temporaryFolder()}/no.sock`)
    await agent.own('container', { id: NONE, engine: 'podman' })
    // What the process has by then does not count: it is asked where it was made.
    delete process.env.CONTAINER_HOST
    await expect(agent.release()).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' })
    const record = await fleet.get('a')
    expect(record?.phase).toBe('reaping')
    expect(record?.error).toMatch(/^podman did not remove aaaaaaaaaaaa: Cannot connect to Podman/)
  })
})

it('is recorded with the connection by whose name its daemon was meant', () => {
  setEnvironment('DOCKER_CONTEXT', 'build-farm')
  expect(describeContainer({ id: NONE }).data).toEqual({ id: NONE, engine: 'docker', context: 'build-farm' })
})

describe('what names no container for sure', () => {
  it.each([
    ['a name', { id: 'web' }],
    ['a short id', { id: 'aaaaaaaaaaaa' }],
    ['an option', { id: '--all' }],
    ['another engine', { id: NONE, engine: 'rkt' }],
    ['nothing', {}],
  ])('cannot be owned: %s', (_, ref) => {
    expect(() => describeContainer(ref)).toThrow('A container is given as { id, engine? }')
  })
})
