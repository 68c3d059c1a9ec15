import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { identify, type ProcessIdentity } from '../../src/process/index.ts'
import { lives, sleepers, start, useToken } from '../support/real-processes.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { openFleet, openUrl, quickCoordinator, refusal, STORES } from './fleets.ts'

function identityOf(pid: number): ProcessIdentity {
  const identity = identify(pid)
  if (identity === null) throw new Error(`${pid} is gone`)
  return identity
}

/** A process that has ended, and can stand for an agent's that is dead. */
async function deadProcess(): Promise<ProcessIdentity> {
  const { pid } = start('sleep', [useToken()])
  const identity = identityOf(pid)
  process.kill(pid, 'SIGKILL')
  await until(() => !lives(pid))
  return identity
}

describe('the processes of an agent', () => {
  it.each(STORES)('end with their trees, when it releases and its own process lives on (%s)', async store => {
    const fleet = await openFleet(store)
    const [owned, marked, other] = [useToken(), useToken(), useToken()]
    const agent = await fleet.register({ id: 'a', ownsProcess: true })
    const neighbour = await fleet.register({ id: 'b' })
    const { pid } = start('sh', ['-c', `sleep ${owned} & wait`])
    await until(() => sleepers(owned).length === 1)
    await agent.own('process', pid)
    start('setsid', ['sleep', marked], { env: { ...process.env, ...agent.env } })
    start('setsid', ['sleep', other], { env: { ...process.env, ...neighbour.env } })
    await until(() => sleepers(marked).length === 1 && sleepers(other).length === 1)

    const { released, kept } = await agent.release()
    expect([sleepers(owned), sleepers(marked)]).toEqual([[], []])
    expect(released).toBe(2)
    expect(kept).toEqual([])
    expect(sleepers(other)).toHaveLength(1)
  })

  it('are not taken by a child that has ended: its pid may be another’s by now', async () => {
    const fleet = await openFleet('memory')
    const agent = await fleet.register({ id: 'a' })
    const { pid } = start('sleep', [useToken()])
    for (const ended of [
      { pid, exitCode: 0, signalCode: null },
      { pid, exitCode: null, signalCode: 'SIGTERM' },
    ]) {
      expect(await refusal(() => agent.own('process', ended))).toBe('PROCESS_NOT_FOUND')
    }
    const running = { pid, exitCode: null, signalCode: null }
    await agent.own('process', running)
  })

  it('are known by a ChildProcess, a pid or an identity', async () => {
    const fleet = await openFleet('memory')
    const agent = await fleet.register({ id: 'a' })
    const token = useToken()
    const child = spawn('sleep', [token], { stdio: 'ignore' })
    await agent.own('process', child)
    await agent.own('process', child.pid ?? 0)
    await agent.own('process', identityOf(child.pid ?? 0))
    expect((await fleet.resources(agent)).filter(({ data }) => data['pid'] === child.pid)).toHaveLength(1)
    await agent.release()
    expect(sleepers(token)).toEqual([])
    expect(await refusal(() => agent.own('process', child))).toBe('FENCED')
    const second = await fleet.register({ id: 'b' })
    expect(await refusal(() => second.own('process', 2 ** 22 + 1))).toBe('PROCESS_NOT_FOUND')
  })

  it('survive when they were kept, with everything below them', async () => {
    const fleet = await openFleet('sqlite')
    const [kept, below, plain] = [useToken(), useToken(), useToken()]
    const agent = await fleet.register({ id: 'a' })
    const env = { ...process.env, ...agent.env }
    const { pid } = start('sh', ['-c', `sleep ${below} & sleep ${kept}`], { env })
    start('sleep', [plain], { env })
    await until(() => sleepers(below).length === 1 && sleepers(kept).length === 1 && sleepers(plain).length === 1)
    await fleet.keep(pid)

    await agent.release()
    expect(sleepers(plain)).toEqual([])
    expect(lives(pid)).toBe(true)
    expect([sleepers(below).length, sleepers(kept).length]).toEqual([1, 1])
  })

  it('survive when they are older than the agent’s own process', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const fleet = await openUrl(url)
    const [older, younger] = [useToken(), useToken()]
    const env = { ...process.env, OAKUM_MARKS: 'feedfeedfeedfeed' }
    start('sleep', [older], { env })
    await until(() => sleepers(older).length === 1)
    await new Promise(done => setTimeout(done, 30)) // start times have a resolution of 10 ms
    const agentProcess = await deadProcess()
    start('sleep', [younger], { env })
    await until(() => sleepers(younger).length === 1)

    await fleet.register({ id: 'a', process: agentProcess, marker: 'feedfeedfeedfeed' })
    const { orphans } = await quickCoordinator(fleet).sweep()
    expect(orphans).toMatchObject([{ reason: 'process_gone', status: 'cleaned', released: 1 }])
    expect(sleepers(younger)).toEqual([])
    expect(sleepers(older)).toHaveLength(1)
  })

  it('survive when their pid means another process by now, or another boot’s', async () => {
    const fleet = await openFleet('memory')
    const agent = await fleet.register({ id: 'a' })
    const token = useToken()
    const { pid } = start('sleep', [token])
    const identity = identityOf(pid)
    await agent.own('process', { ...identity, startTime: String(Number(identity.startTime) - 1) })
    await agent.own('process', { ...identity, bootId: 'another-boot' })
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
    expect(lives(pid)).toBe(true)
  })

  it('are named when they run in another pid namespace, where they may live', async () => {
    const fleet = await openFleet('memory')
    const agent = await fleet.register({ id: 'a' })
    const { pid } = start('sleep', [useToken()])
    const { bootId, startTime } = identityOf(pid)
    await agent.own('process', { pid, startTime, bootId: `${bootId}0` })
    expect(await agent.release()).toMatchObject({
      kept: [{ kind: 'process', why: 'it runs in another pid namespace' }],
    })
    expect(lives(pid)).toBe(true)
  })

  it('include the agent’s own process only when it owned it', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const silent = await openUrl(url, { leaseTtl: 100 })
    const [owner, guest] = [start('sleep', [useToken()]).pid, start('sleep', [useToken()]).pid]
    await silent.register({ id: 'owner', process: identityOf(owner), ownsProcess: true })
    await silent.register({ id: 'guest', process: identityOf(guest) })
    await silent.close({ release: false })

    const coordinator = quickCoordinator(await openUrl(url))
    let cleaned = 0
    await until(async () => (cleaned += (await coordinator.sweep()).orphansCleaned) === 2)
    expect(lives(owner)).toBe(false)
    expect(lives(guest)).toBe(true)
  })
})
