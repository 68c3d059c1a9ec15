import { connect, type Fleet } from '@oakum/core/fleet'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { startRetention } from '../../src/up/retention.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { startOakum } from '../support/oakum.ts'

const HOUR = 3_600_000

function neverTold(error: unknown): void {
  expect.unreachable(String(error))
}

async function open(url: string): Promise<Fleet> {
  const fleet = await connect(url)
  onTestFinished(() => fleet.close())
  return fleet
}

async function append(fleet: Fleet, ...ages: number[]): Promise<void> {
  await fleet.events.append(ages.map(age => ({ type: `${age}h`, time: Date.now() - age * HOUR })))
}

async function left(fleet: Fleet): Promise<string[]> {
  return (await fleet.events.read()).map(({ type }) => type)
}

describe('retention', () => {
  it('removes what is too old, again and again, until it is closed', async () => {
    const { url } = await createFixture()
    const fleet = await open(url)
    await append(fleet, 3, 1)
    const retention = startRetention({ fleet, maxAge: 2 * HOUR, every: 10, onError: neverTold })
    await until(async () => (await left(fleet)).join() === '1h')
    await append(fleet, 4, 0)
    await until(async () => (await left(fleet)).join() === '1h,0h')
    await retention.close()
    await retention.close()
    await append(fleet, 5)
    expect(await left(fleet)).toEqual(['1h', '0h', '5h'])
  })

  it('goes on after a look that failed, which it tells', async () => {
    const { url } = await createFixture()
    const fleet = await open(url)
    const errors: unknown[] = []
    const retain = fleet.events.retain.bind(fleet.events)
    fleet.events.retain = async options => {
      if (errors.length < 2) throw new Error('away')
      return retain(options)
    }
    await append(fleet, 3)
    const retention = startRetention({ fleet, maxAge: HOUR, every: 1, onError: error => errors.push(error) })
    onTestFinished(() => retention.close())
    await until(async () => (await left(fleet)).length === 0)
    expect(errors).toEqual([new Error('away'), new Error('away')])
  })

  it('removes nothing when it is to keep all', async () => {
    const { url } = await createFixture()
    const fleet = await open(url)
    let looks = 0
    fleet.events.retain = async () => {
      looks += 1
      return { removed: 0, bytes: 0 }
    }
    await startRetention({ fleet, maxAge: null, onError: neverTold }).close()
    expect(looks).toBe(0)
  })
})

describe('oakum up', () => {
  it('removes events of more than a week ago, or of what --retention says', async () => {
    const { url } = await createFixture()
    const fleet = await open(url)
    await append(fleet, 8 * 24, 6 * 24)
    for (const [options, stays] of [
      [[], `${6 * 24}h`],
      [['--retention', '2h'], ''],
    ] as const) {
      const { child, done } = startOakum(['up', '--store', url, ...options])
      onTestFinished(() => void child.kill('SIGKILL'))
      await until(async () => (await left(fleet)).filter(type => /^\d/.test(type)).join() === stays)
      child.kill('SIGTERM')
      expect((await done).code).toBe(0)
    }
  })

  it.each(['0', 'never', '-1d'])('refuses --retention %s', async value => {
    const { url } = await createFixture()
    const { code, stderr } = await executeHere(['up', '--store', url, `--retention=${value}`])
    expect(code).toBe(2)
    expect(stderr).toContain('--retention wants')
  })
})
