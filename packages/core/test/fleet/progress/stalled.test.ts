import { describe, expect, it } from 'vitest'
import {
  condition,
  type Agent,
  type AgentRecord,
  type CoordinatorOptions,
  type Fleet,
  type StalledVerdict,
} from '../../../src/fleet/index.ts'
import { until } from '../../support/until.ts'
import { openFleet, quickCoordinator, refusal, STORES, type StoreName } from '../fleets.ts'

/** Milliseconds. Longer than the loop of a test is ever late on a machine with nothing else to do; a later one only takes longer. */
const BEAT_EVERY = 60
const PROGRESS_TIMEOUT = 100

async function openAgent(store: StoreName = 'memory'): Promise<{ fleet: Fleet; agent: Agent }> {
  const fleet = await openFleet(store, { beatEvery: BEAT_EVERY })
  return { fleet, agent: await fleet.register({ id: 'a', progressTimeout: PROGRESS_TIMEOUT }) }
}

async function told(fleet: Fleet): Promise<string[]> {
  await fleet.flush()
  const events = await fleet.events.read({ agent: 'a' })
  return events.map(({ type }) => type).filter(type => /stalled|progressed/.test(type))
}

/** Sweeps until the agent is shown so. */
async function untilShown(fleet: Fleet, expected: string, options: CoordinatorOptions = {}): Promise<AgentRecord> {
  const coordinator = quickCoordinator(fleet, options)
  return until(
    async () => {
      await coordinator.sweep()
      const record = await fleet.get('a')
      return record !== null && condition(record, await fleet.now()) === expected ? record : null
    },
    { what: `the agent to be ${expected}` },
  )
}

describe('an agent that lives and makes no progress', () => {
  it.each(STORES)('is told of once, and once when it goes on, on %s', async store => {
    const { fleet, agent } = await openAgent(store)
    const { stalledAt } = await untilShown(fleet, 'stalled')
    await quickCoordinator(fleet).sweep()
    expect(await fleet.get('a')).toMatchObject({ stalledAt, progressTimeout: PROGRESS_TIMEOUT })
    expect(await told(fleet)).toEqual(['agent_stalled'])
    agent.progress()
    await untilShown(fleet, 'alive')
    expect((await told(fleet)).slice(0, 2)).toEqual(['agent_stalled', 'agent_progressed'])
    await agent.assertAlive()
  })

  it.each<[StalledVerdict, (agent: Agent) => Promise<void>]>([
    ['ignore', agent => agent.assertAlive()],
    ['stop', async agent => void (await until(() => agent.signal.aborted))],
    ['reclaim', async agent => void (await until(() => agent.phase === 'fenced'))],
  ])('can be judged: %s', async (verdict, check) => {
    const { fleet, agent } = await openAgent()
    await agent.own('key', 'k')
    const asked: AgentRecord[] = []
    const onStalled = async (record: AgentRecord): Promise<StalledVerdict> => {
      asked.push(record)
      return verdict
    }
    const coordinator = quickCoordinator(fleet, { onStalled })
    const result = await until(async () => {
      const swept = await coordinator.sweep()
      return asked.length > 0 ? swept : null
    })
    await check(agent)
    expect(asked).toMatchObject([{ id: 'a', epoch: agent.epoch, progressTimeout: PROGRESS_TIMEOUT }])
    expect(agent.signal.reason?.code).toBe({ ignore: undefined, stop: 'STOP_REQUESTED', reclaim: 'FENCED' }[verdict])
    const orphan = { agentId: 'a', epoch: agent.epoch, reason: 'stalled', released: 1, status: 'cleaned' }
    expect(result.orphans).toMatchObject(verdict === 'reclaim' ? [orphan] : [])
    await coordinator.sweep()
    expect(asked).toHaveLength(1)
  })

  it('is judged by a coordinator that can, whoever found it', async () => {
    const { fleet } = await openAgent()
    await untilShown(fleet, 'stalled')
    let asked = 0
    const onStalled = (): StalledVerdict => {
      asked++
      return 'ignore'
    }
    await quickCoordinator(fleet, { onStalled }).sweep()
    expect(asked).toBe(1)
  })

  it('is judged again when a verdict failed', async () => {
    const { fleet } = await openAgent()
    const errors: unknown[] = []
    const verdicts: (() => unknown)[] = [
      () => {
        throw new Error('no idea')
      },
      () => 'whatever',
      () => 'ignore',
    ]
    // oxlint-disable-next-line no-unsafe-type-assertion -- what a user without types may return
    const onStalled = (): StalledVerdict => (verdicts.shift() ?? fail)() as StalledVerdict
    const coordinator = quickCoordinator(fleet, { onStalled, reclaimTimeout: 5, onError: error => errors.push(error) })
    await until(async () => {
      await coordinator.sweep()
      return verdicts.length === 0
    })
    expect(errors).toMatchObject([{ message: 'no idea' }, { code: 'INVALID_OPTION' }])
    expect(await told(fleet)).toEqual(['agent_stalled'])
  })

  it('is not reclaimed when it went on while it was judged', async () => {
    const { fleet, agent } = await openAgent()
    const onStalled = async (): Promise<StalledVerdict> => {
      agent.progress()
      await until(async () => (await fleet.get('a'))?.stalledAt === null)
      return 'reclaim'
    }
    await untilShown(fleet, 'stalled')
    const { orphans } = await quickCoordinator(fleet, { onStalled }).sweep()
    expect(orphans).toEqual([])
    await agent.assertAlive()
  })
})

it('promises progress within a time that can pass', async () => {
  const fleet = await openFleet('memory')
  for (const progressTimeout of [0, -1, Number.NaN, Infinity]) {
    expect(await refusal(() => fleet.register({ id: 'a', progressTimeout }))).toBe('INVALID_OPTION')
  }
})

function fail(): never {
  throw new Error('It was asked once more.')
}
