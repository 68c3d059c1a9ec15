import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { closeSync, openSync, readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { leaktest, type LeaktestOptions, type Scenario, type ScenarioContext } from '../src/index.ts'

const bus = new EventEmitter().setMaxListeners(0)

class Session {
  readonly history = ['hello']

  follow(): () => void {
    const onStop = (): number => this.history.push('stopped')
    bus.on('stop', onStop)
    return () => bus.off('stop', onStop)
  }
}

afterEach(() => void bus.removeAllListeners())

function openDescriptor(): () => void {
  const fd = openSync('/dev/null', 'r')
  return () => closeSync(fd)
}

function startChild(): () => unknown {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  return () => child.kill('SIGKILL')
}

function startWorker(): () => unknown {
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true })
  return () => worker.terminate()
}

async function drawNumbers(seed: number): Promise<number[]> {
  const drawn: number[] = []
  const scenario: Scenario = ({ iteration, random }) => void (iteration < 5 && drawn.push(random()))
  expect((await leaktest('seeded', scenario, { seed, time: 100 })).seed).toBe(seed)
  return drawn
}

function failingAtThree({ iteration }: ScenarioContext): number {
  if (iteration === 3) throw new TypeError('no fixture')
  return iteration
}

/** Every so many iterations something is kept. */
function keepsOneIn(rate: number, kept: unknown[]): Scenario {
  return ({ iteration }) => {
    const session = new Session()
    if (iteration % rate === 0) kept.push(session)
  }
}

describe('what stays of each iteration is a leak', () => {
  it('a listener, with who added it and who holds it', async () => {
    const report = await leaktest('listener', () => void new Session().follow())
    expect(report.verdict).toBe('leak')
    expect(report.objectsPerIteration.value).toBeGreaterThan(1)
    const [site] = report.sites
    expect(site).toMatchObject({ function: expect.stringMatching(/follow$/), file: import.meta.filename })
    expect(site?.retainers?.text).toMatch(/bus.*listeners.*stop.*closure/)
    expect(report.findings[0]).toMatch(/follow.*leaktest\.leak\.ts.*retained by/)
  })

  it('and none when it is removed', async () => {
    const report = await leaktest('listener', () => new Session().follow()())
    expect(report).toMatchObject({ verdict: 'clean', sites: [], counters: [], findings: [] })
  })

  it('an object of 32 bytes', async () => {
    const kept: object[] = []
    const report = await leaktest('32 bytes', () => void kept.push({ a: 1 }))
    expect(report.verdict).toBe('leak')
    expect(report.bytesPerIteration.value).toBeGreaterThan(24)
  })

  it('one in 200', async () => {
    const kept: unknown[] = []
    const report = await leaktest('1 in 200', keepsOneIn(200, kept))
    expect(report.verdict).toBe('leak')
    expect(report.sites.some(site => site.objectsPerIteration < 0.05)).toBe(true)
  })

  it('numbers, which are no objects', async () => {
    const ids = new Set<number>()
    const report = await leaktest('ids', ({ iteration }) => void ids.add(iteration))
    expect(report.verdict).toBe('leak')
    expect(report.bytesPerIteration.value).toBeGreaterThan(8)
  })

  it('a small object of each slow iteration', async () => {
    const kept: object[] = []
    const scenario = async (): Promise<void> => {
      await sleep(3) // slow, as what waits for a server is
      kept.push({ a: 1 })
    }
    const report = await leaktest('slow', scenario, { iterations: 60, retainers: false })
    expect(report.verdict).toBe('leak')
    expect(report.objectsPerIteration.value).toBeGreaterThan(0.5)
  })

  it('many numbers of few slow iterations', async () => {
    const numbers: number[] = []
    const scenario = async (): Promise<void> => {
      await sleep(8) // slow, as what waits for a server is
      for (let count = 0; count < 10_000; count++) numbers.push(count)
    }
    expect((await leaktest('slow', scenario, { iterations: 60, retainers: false })).verdict).toBe('leak')
  })

  it('what is dense, counted as it is although few of it are sampled', async () => {
    const kept: object[] = []
    const scenario = (): void => {
      for (let count = 0; count < 40; count++) kept.push({ count })
    }
    const report = await leaktest('dense', scenario, { retainers: false })
    expect(report.verdict).toBe('leak')
    expect(report.objectsPerIteration.value).toBeGreaterThan(36)
    expect(report.objectsPerIteration.value).toBeLessThan(44)
  })

  it('what `setup` leaves', async () => {
    const kept: unknown[] = []
    function prepare(): Session {
      const session = new Session()
      kept.push(session)
      return session
    }
    const report = await leaktest('setup', ({ fixture }) => fixture.history.length, { setup: prepare })
    expect(report.verdict).toBe('leak')
    expect(report.sites.map(site => site.function)).toContain('prepare')
  })
})

describe('what is counted', () => {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(end => end()))
  })

  it.each<[counter: string, acquire: () => () => unknown, options: LeaktestOptions]>([
    ['fds', openDescriptor, {}],
    ['children', startChild, { iterations: 48 }],
    ['threads', startWorker, { iterations: 24, warmup: 2 }],
  ])('rises: %s', async (counter, acquire, options) => {
    const report = await leaktest(counter, () => void open.push(acquire()), { ...options, retainers: false })
    expect(report.verdict).toBe('leak')
    const found = report.counters.find(rise => rise.counter === counter)
    expect(found?.perIteration).toBeCloseTo(1, 1)
  })

  it('does not rise where descriptors are closed', async () => {
    const report = await leaktest('fds', () => closeSync(openSync('/dev/null', 'r')))
    expect(report).toMatchObject({ verdict: 'clean', counters: [] })
  })

  it('are the listeners, promises and instances that are asked for', async () => {
    const kept: unknown[] = []
    const report = await leaktest(
      'asked',
      () => {
        const session = new Session()
        kept.push(session.follow(), new Promise(() => {}))
      },
      { budget: { listeners: 0, promises: 0 }, instances: [Session], iterations: 240 },
    )
    const rises = Object.fromEntries(report.counters.map(rise => [rise.of ?? rise.counter, rise.perIteration]))
    for (const name of ['EventEmitter', 'promises', 'Session']) expect(rises[name]).toBeCloseTo(1, 1)
  })
})

describe('what does not stay for good is none', () => {
  it('a bounded cache is reported with its bound', async () => {
    const cache = new Map<number, { value: number[] }>()
    const report = await leaktest('cache', ({ iteration }) => {
      cache.set(iteration, { value: [iteration] })
      const [oldest] = cache.keys()
      if (cache.size > 500 && oldest !== undefined) cache.delete(oldest)
    })
    expect(report.verdict).toBe('bounded')
    expect(report.bound).toBeGreaterThan(450)
    expect(report.bound).toBeLessThan(550)
  })

  it('late clean-up', async () => {
    const held = new Set<Session>()
    const report = await leaktest('late', () => {
      const session = new Session()
      held.add(session)
      setTimeout(() => held.delete(session), 80).unref()
    })
    expect(['clean', 'bounded']).toContain(report.verdict)
  })

  it('what is within its budget', async () => {
    const report = await leaktest('budget', () => void new Session().follow(), {
      budget: { bytes: 2_000 },
      retainers: false,
    })
    expect(report.verdict).toBe('clean')
  })

  it('what is ignored, with the reason', async () => {
    const ignore = [{ site: /Session|follow|leak\.ts/, reason: 'sessions live as long as the bus' }]
    const report = await leaktest('ignored', () => void new Session().follow(), { ignore })
    expect(report.verdict).toBe('clean')
    expect(report.ignored[0]).toMatchObject({ reason: 'sessions live as long as the bus' })
  })

  it('a method that is ignored as a report names it, with its class', async () => {
    const rooms: object[] = []
    class Room {
      enter(): void {
        rooms.push({ room: this })
      }
    }
    const room = new Room()
    const { sites } = await leaktest('found', () => room.enter(), { iterations: 200 })
    expect(sites.map(site => site.function)).toEqual(['Room.enter'])
    const ignore = [{ site: 'Room.enter', reason: 'rooms stay open' }]
    const report = await leaktest('ignored by name', () => room.enter(), { iterations: 200, ignore })
    expect(report).toMatchObject({ verdict: 'clean', ignored: [{ reason: 'rooms stay open' }] })
  })
})

describe('a scenario that cannot be measured', () => {
  it('throws: says in which iteration, and tears down', async () => {
    const torn: number[] = []
    const test = leaktest<number>(
      'throws',
      ({ iteration }) => {
        if (iteration === 7) throw new TypeError('no such agent')
      },
      { setup: ({ iteration }) => iteration, teardown: fixture => torn.push(fixture) },
    )
    await expect(test).rejects.toMatchObject({ code: 'SCENARIO_FAILED', facts: { iteration: 7 } })
    expect(torn).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('never settles: is ended, and its signal tells it', async () => {
    const signals: AbortSignal[] = []
    const test = leaktest(
      'hangs',
      ({ signal }) => {
        signals.push(signal)
        return new Promise(() => {})
      },
      { timeout: 200 },
    )
    await expect(test).rejects.toMatchObject({ code: 'SCENARIO_TIMEOUT', facts: { iteration: 0 } })
    expect(signals[0]?.aborted).toBe(true)
  })

  it('is too slow: inconclusive, and says what would help', async () => {
    const report = await leaktest('slow', () => new Promise(resolve => void setTimeout(resolve, 150)), { time: 600 })
    expect(report.verdict).toBe('inconclusive')
    expect(report.reasons.join()).toMatch(/more time/)
  })

  it.each([
    { iterations: 0 },
    { iterations: 1.5 },
    { warmup: -1 },
    { time: 0 },
    { timeout: Number.NaN },
    { budget: { bytes: -1 } },
    { ignore: [{ reason: ' ', site: 'x' }] },
    { ignore: [{ reason: 'known' }] },
  ])('is refused with %j', async options => {
    await expect(leaktest('refused', () => {}, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('is refused beside another, whose result it would spoil', async () => {
    const first = leaktest('first', () => {}, { time: 200 })
    await expect(leaktest('second', () => {})).rejects.toMatchObject({
      code: 'LEAKTEST_CONCURRENT',
      message: expect.stringContaining('"first"'),
    })
    expect((await first).verdict).toBe('clean')
    await expect(leaktest('third', () => {}, { time: 200 })).resolves.toMatchObject({ verdict: 'clean' })
  })

  it('is ended by the caller’s signal', async () => {
    const controller = new AbortController()
    const test = leaktest('aborted', ({ iteration }) => void (iteration === 50 && controller.abort('enough')), {
      signal: controller.signal,
    })
    await expect(test).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
  })

  it('may change the clock, and leave it changed', async () => {
    onTestFinished(() => void vi.useRealTimers())
    const report = await leaktest('clock', () => {
      vi.useFakeTimers({ now: 0 })
    })
    expect(report.verdict).toBe('clean')
    expect(report.milliseconds).toBeGreaterThan(1)
  })

  it('whose setup throws is not torn down for it', async () => {
    const torn: number[] = []
    const test = leaktest('setup', () => {}, {
      setup: failingAtThree,
      teardown: fixture => torn.push(fixture),
    })
    await expect(test).rejects.toMatchObject({ code: 'SCENARIO_FAILED', facts: { iteration: 3 } })
    expect(torn).toEqual([0, 1, 2])
  })
})

it('leaves no handle and no descriptor in the process', async () => {
  const handles = process.getActiveResourcesInfo().length
  const descriptors = readdirSync('/proc/self/fd').length
  await leaktest('leaves nothing', () => {}, { time: 200 })
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(handles)
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptors)
})

it('gives the same random numbers for the same seed', async () => {
  expect(await drawNumbers(7)).toEqual(await drawNumbers(7))
})
