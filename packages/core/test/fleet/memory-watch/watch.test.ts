/** The watch over real processes, by their real figures; only time is a fake. */
import { readFileSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryEventLog } from '../../../src/events/drivers/memory.ts'
import type { OakumEvent } from '../../../src/events/index.ts'
import { createMemoryFleetStore } from '../../../src/fleet/drivers/memory/store.ts'
import { resolveFleetOptions } from '../../../src/fleet/fleet-options.ts'
import { Fleet, type AgentMemory, type MemorySample } from '../../../src/fleet/index.ts'
import { identify, type ProcessIdentity } from '../../../src/process/index.ts'
import { message, startProgram } from '../../support/fixture-program.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { childrenOf, lives, pidsWith, sleepers, start, useToken } from '../../support/real-processes.ts'
import { until } from '../../support/until.ts'
import { openFleet } from '../fleets.ts'

const MB = 1_024 * 1_024
const LEAKER = new URL('../fixtures/leaker.ts', import.meta.url)
/** Nobody beats by a clock that stands still. */
const LEASE = { leaseTtl: 2_000_000_000 }

async function startLeaker(): Promise<{
  child: ChildProcess
  process: ProcessIdentity
  take: (bytes: number) => Promise<unknown>
}> {
  const child = startProgram(LEAKER)
  await message(child)
  const take = (bytes: number): Promise<unknown> => {
    child.send(bytes)
    return message(child)
  }
  return { child, process: identity(child.pid ?? 0), take }
}

function identity(pid: number): ProcessIdentity {
  const found = identify(pid)
  if (found === null) throw new Error(`${pid} is gone`)
  return found
}

/** A `sleep` as the process of an agent. */
function startSleeper(token: string): ProcessIdentity {
  return identity(start('sleep', [token]).pid)
}

/** The sum of Pss over processes, read by the test itself. */
function shareOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [, share] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
    return sum + Number(share) * 1_024
  }, 0)
}

/** Processor time in hundredths of a second, read by the test itself. */
function usageInTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** An amount of /proc/meminfo in bytes. */
function hostAmount(name: string): number {
  const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/meminfo', 'utf8')) ?? []
  return Number(kibibytes) * 1_024
}

/**
 * A sample whose figure is within 5 % of what these processes share by /proc. Shares change while both are read, when somebody else on
 * the machine starts or ends a program that they run as well: then both are read again.
 */
function sampleInAgreement(
  fleet: Fleet,
  pids: readonly number[],
  figure: (sample: MemorySample) => number | undefined,
): Promise<MemorySample> {
  return until(
    async () => {
      const sample = await fleet.memoryWatch().sample()
      return Math.abs((figure(sample) ?? 0) / shareOf(pids) - 1) < 0.05 ? sample : undefined
    },
    { what: 'a figure within 5 % of /proc' },
  )
}

function of(sample: MemorySample, id: string): AgentMemory | undefined {
  return sample.agents.find(agent => agent.id === id)
}

async function leakEvents(fleet: Fleet): Promise<OakumEvent[]> {
  await fleet.flush()
  return fleet.events.read({ types: ['memory_leak_detected', 'memory_leak_cleared'] })
}

describe('a leak of 1 MB/s in one of 20 agents', () => {
  it('is named within 5 minutes and cleared; agents that join and leave are not', { timeout: 120_000 }, async () => {
    const clock = new ManualClock()
    const fleet = await openFleet('sqlite', { clock, ...LEASE })
    const token = useToken()
    const leaky = await startLeaker()
    for (let index = 0; index < 19; index++) {
      await fleet.register({ id: `quiet-${index}`, process: startSleeper(token) })
    }
    const agent = await fleet.register({ id: 'leaky', process: leaky.process })
    const watch = fleet.memoryWatch()
    let seconds = 0
    const lookFor = async (duration: number, before: () => Promise<unknown>): Promise<void> => {
      for (let end = seconds + duration; seconds < end; seconds += 10) {
        await before()
        clock.advance(10_000)
        await watch.sample()
      }
    }
    await watch.sample()
    await lookFor(300, () => leaky.take(10 * MB))
    expect(watch.alerts.map(({ agents }) => agents.map(({ id }) => id))).toEqual([['leaky']])

    // It goes on, and others come and go.
    await lookFor(30, () => leaky.take(10 * MB))
    const large = await startLeaker()
    const passing = await fleet.register({ id: 'passing', process: large.process })
    await large.take(150 * MB)
    await lookFor(20, () => leaky.take(10 * MB))
    await passing.release()
    // All of it is let go. When the system has it back is the collector's affair.
    await until(async () => {
      await leaky.take(0)
      clock.advance(100)
      await watch.sample()
      return watch.alerts.length === 0
    })

    const [detected, cleared, ...more] = await leakEvents(fleet)
    expect(more).toEqual([])
    expect(detected).toMatchObject({
      type: 'memory_leak_detected',
      agent: 'leaky',
      data: {
        threshold: 100 * MB,
        window: 300_000,
        count: 1,
        agents: [{ id: 'leaky', epoch: agent.epoch, bytesPerSecond: expect.closeTo(MB, -5) }],
      },
    })
    expect(detected?.data.growth).toBeGreaterThan(295 * MB)
    expect(detected?.data.growth).toBeLessThan(310 * MB)
    expect(cleared).toMatchObject({ type: 'memory_leak_cleared', agent: 'leaky', data: { reason: 'settled' } })
  })
})

describe('a look that several wait for', () => {
  it('ends for the one who gives up, and for nobody else', async () => {
    const fleet = await openFleet('memory')
    await fleet.register({ id: 'a' })
    const watch = fleet.memoryWatch()
    for (const givesUp of [0, 1]) {
      const controller = new AbortController()
      const looks = [0, 1].map(n => watch.sample(n === givesUp ? { signal: controller.signal } : {}))
      controller.abort()
      const results = await Promise.allSettled(looks)
      expect(results[givesUp]).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
      expect(results[1 - givesUp]).toMatchObject({ status: 'fulfilled', value: { agents: [{ id: 'a' }] } })
    }
    await expect(watch.sample({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('the figures', () => {
  it('tell of no processor time that a process used before it was an agent’s', async () => {
    const fleet = await openFleet('memory')
    const first = startSleeper(useToken())
    const { child, process: busy } = await startLeaker()
    const used = (): number => usageInTicks(child.pid ?? 0) * 10
    expect(used()).toBeGreaterThan(0)
    const watch = fleet.memoryWatch()
    await watch.sample() // nobody lives
    const one = await fleet.register({ id: 'one', process: busy })
    expect(of(await watch.sample(), 'one')?.cpu).toBeNull()
    await one.release()
    await fleet.register({ id: 'first', process: first })
    await watch.sample() // somebody else lives
    const before = used()
    await fleet.register({ id: 'two', process: busy })
    expect(of(await watch.sample(), 'two')?.cpu).toBeLessThan(before)
  })

  it('agree with /proc for a tree, also for what called setsid and lost its parent', async () => {
    const fleet = await openFleet('memory')
    const token = useToken()
    const leaky = await startLeaker()
    await leaky.take(40 * MB)
    const agent = await fleet.register({ id: 'tree', process: leaky.process })
    // A shell with two children, one of which is left to PID 1; both by the agent's mark alone.
    start('sh', ['-c', `setsid sleep ${token} & sleep ${token} & wait`], { env: { ...process.env, ...agent.env } })
    start('sh', ['-c', `setsid sleep ${token} & exit`], { env: { ...process.env, ...agent.env } })
    await until(() => sleepers(token).length === 3 && pidsWith(token).length === 4)
    const pids = [leaky.process.pid, ...pidsWith(token)]
    const sample = await sampleInAgreement(fleet, pids, look => of(look, 'tree')?.bytes)
    expect(of(sample, 'tree')).toMatchObject({ processes: 5, sharedWith: 0, measure: 'pss', epoch: agent.epoch })
    expect(of(sample, 'tree')?.bytes).toBeGreaterThan(40 * MB)
  })

  it('tell the processor time since the look before', async () => {
    const fleet = await openFleet('memory')
    await fleet.register({ id: 'busy' })
    const watch = fleet.memoryWatch()
    expect(of(await watch.sample(), 'busy')?.cpu).toBeNull()
    const before = process.cpuUsage()
    while (process.cpuUsage(before).user < 200_000); // microseconds
    const used = of(await watch.sample(), 'busy')?.cpu
    expect(used).toBeGreaterThanOrEqual(180)
    expect(used).toBeLessThan(60_000)
  })

  it('count a process once, however many agents live in it', async () => {
    const fleet = await openFleet('memory')
    const leaky = await startLeaker()
    await leaky.take(124 * MB)
    for (let index = 0; index < 10; index++) await fleet.register({ id: `agent-${index}`, process: leaky.process })
    const sample = await sampleInAgreement(fleet, [leaky.process.pid], look => look.fleet.bytes)
    for (const agent of sample.agents) expect(agent).toMatchObject({ bytes: sample.fleet.bytes, sharedWith: 9 })
    expect(sample.agents).toHaveLength(10)
  })

  it('give each process to the nearest agent, and the fleet the sum of all', async () => {
    const fleet = await openFleet('memory')
    const token = useToken()
    const outer = await fleet.register({ id: 'outer', process: startSleeper(token) })
    const shell = start('sh', ['-c', `sleep ${token} & wait`], { env: { ...process.env, ...outer.env } })
    const nested = await fleet.register({ id: 'nested', process: identity(shell.pid), parent: outer })
    await until(() => pidsWith(token).length === 3)
    const sample = await fleet.memoryWatch().sample()
    expect(of(sample, 'outer')?.processes).toBe(1)
    expect(of(sample, 'nested')).toMatchObject({ processes: 2, epoch: nested.epoch })
    expect(sample.fleet.processes).toBe(3)
    expect(sample.fleet.bytes).toBe(sample.agents.reduce((sum, { bytes }) => sum + bytes, 0))
  })

  it('give what carries one agent’s mark to it alone, though others live in the process that started it', async () => {
    const fleet = await openFleet('memory')
    const token = useToken()
    const host = startSleeper(token)
    const one = await fleet.register({ id: 'one', process: host })
    await fleet.register({ id: 'two', process: host })
    start('sleep', [token], { env: { ...process.env, ...one.env } })
    await until(() => pidsWith(token).length === 2)
    const sample = await fleet.memoryWatch().sample()
    expect(of(sample, 'one')).toMatchObject({ processes: 2, sharedWith: 1 })
    expect(of(sample, 'two')).toMatchObject({ processes: 1, sharedWith: 1 })
    expect(sample.fleet.processes).toBe(2)
  })

  it('go on with what lost its parent and never had a mark, once it was seen', async () => {
    const fleet = await openFleet('memory')
    const token = useToken()
    const shell = identity(start('sh', ['-c', `sleep ${token} & wait`]).pid)
    await fleet.register({ id: 'shell', process: shell })
    await until(() => sleepers(token).length === 1)
    const watch = fleet.memoryWatch()
    expect(of(await watch.sample(), 'shell')?.processes).toBe(2)
    process.kill(shell.pid, 'SIGKILL')
    await until(() => !lives(shell.pid))
    expect(of(await watch.sample(), 'shell')?.processes).toBe(1)
    expect(of(await fleet.memoryWatch().sample(), 'shell')).toBeUndefined() // by one that never saw it
  })

  it('leave out what was kept, with all below it, and what ended', async () => {
    const fleet = await openFleet('memory')
    const token = useToken()
    const agent = await fleet.register({ id: 'outer', process: startSleeper(token) })
    const env = { ...process.env, ...agent.env }
    const kept = start('sh', ['-c', `sleep ${token} & wait`], { env })
    await until(() => childrenOf(kept.pid).length === 1)
    const watch = fleet.memoryWatch()
    expect(of(await watch.sample(), 'outer')?.processes).toBe(3)
    await fleet.keep(kept.pid)
    expect(of(await watch.sample(), 'outer')?.processes).toBe(1)
    await agent.release()
    expect(await watch.sample()).toMatchObject({ agents: [], fleet: { bytes: 0, processes: 0 } })
  })

  it('have the heap of agents that beat for themselves', async () => {
    const fleet = await openFleet('sqlite')
    const here = await fleet.register({ id: 'here' })
    const leaky = await startLeaker()
    await fleet.register({ id: 'elsewhere', process: leaky.process })
    await until(() => here.phase === 'alive')
    const sample = await fleet.memoryWatch().sample()
    const { heapUsed } = process.memoryUsage()
    expect(of(sample, 'here')?.heap).toBeGreaterThan(heapUsed / 3)
    expect(of(sample, 'here')?.heap).toBeLessThan(heapUsed * 3)
    expect(of(sample, 'elsewhere')?.heap).toBeNull()
  })

  it('of the host are those of /proc/meminfo', async () => {
    const fleet = await openFleet('memory')
    const { host } = await fleet.memoryWatch().sample()
    expect(host.total).toBe(hostAmount('MemTotal'))
    expect(Math.abs(host.available - hostAmount('MemAvailable'))).toBeLessThan(0.2 * host.total)
    if (host.limit !== null) expect(host.limit).toBeLessThan(host.total)
  })
})

describe('a memory watch', () => {
  it('looks by itself from start to stop, remembers, and says that nobody watches what stands', async () => {
    const fleet = await openFleet('memory')
    const leaky = await startLeaker()
    const agent = await fleet.register({ id: 'leaky', process: leaky.process })
    const watch = fleet.memoryWatch({ every: 20, window: 100, threshold: 10 * MB })
    watch.start()
    await until(() => leaky.take(5 * MB).then(() => watch.alerts.length > 0))
    expect(watch.latest?.agents[0]?.bytes).toBeGreaterThan(10 * MB)
    expect(watch.history(agent).length).toBeGreaterThan(2)
    expect(watch.history().length).toBeGreaterThanOrEqual(watch.history(agent).length)
    await watch.stop()
    const looks = watch.history().length
    expect((await leakEvents(fleet)).map(({ type, data }) => [type, data.reason])).toEqual([
      ['memory_leak_detected', undefined],
      ['memory_leak_cleared', 'unwatched'],
    ])
    await watch.sample() // one look is possible all the same
    expect(watch.history()).toHaveLength(looks + 1)
  })

  it('tells of looks that fail, and goes on; what it could not tell it tells later', async () => {
    const real = createMemoryFleetStore()
    let away = false
    const store = new Proxy(real, {
      get(target, property) {
        if (away && (property === 'list' || property === 'addEvent')) return () => Promise.reject(new Error('away'))
        const value: unknown = Reflect.get(target, property)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const fleet = new Fleet(store, createMemoryEventLog(), resolveFleetOptions({}))
    onTestFinished(() => fleet.close())
    const leaky = await startLeaker()
    await fleet.register({ id: 'leaky', process: leaky.process })
    const errors: unknown[] = []
    const watch = fleet.memoryWatch({
      every: 20,
      window: 100,
      threshold: 10 * MB,
      onError: error => errors.push(error),
    })
    watch.start()
    await until(() => leaky.take(5 * MB).then(() => watch.alerts.length > 0))
    away = true
    await until(() => errors.length > 2)
    await watch.stop()
    expect(await leakEvents(fleet)).toHaveLength(1)
    away = false
    await watch.sample()
    expect((await leakEvents(fleet)).map(({ data }) => data.reason)).toEqual([undefined, 'unwatched'])
    expect(errors.every(error => error instanceof Error && error.message === 'away')).toBe(true)
  })

  it('ends with its fleet', async () => {
    const fleet = await openFleet('sqlite')
    const errors: unknown[] = []
    const watch = fleet.memoryWatch({ every: 10, window: 100, onError: error => errors.push(error) })
    watch.start()
    await until(() => watch.history().length > 2)
    await fleet.close()
    const looks = watch.history().length
    expect(() => watch.start()).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(watch.history()).toHaveLength(looks)
    expect(errors).toEqual([])
  })

  it.each([{ every: 0 }, { window: Number.NaN }, { every: 10, window: 19 }, { threshold: 0 }])(
    'refuses %o',
    async options => {
      const fleet = await openFleet('memory')
      expect(() => fleet.memoryWatch(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )
})
