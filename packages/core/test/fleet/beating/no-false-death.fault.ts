/**
 * What makes the living look dead on one machine: a sleep, an event loop that is blocked, a clock that is set. Real processes, and
 * leases of seconds. The three run at the same time, since each of them waits most of the time.
 */
import { fork, execFile, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { condition, connect, type Fleet } from '../../../src/fleet/index.ts'
import type { OakumEvent } from '../../../src/events/index.ts'
import { message, PROGRAM_FLAGS } from '../../support/fixture-program.ts'
import { needTool } from '../../support/tools.ts'
import { until } from '../../support/until.ts'

/** Milliseconds: longer than a busy machine stands still. */
const LEASE = 3_000
const TWO_LEASES = 2.05 * LEASE
const HOUR = 3_600_000
const ALIVE = { phase: 'alive', signal: false, write: 'accepted' }

/** A store of its own, with what runs on it. */
class Stage {
  readonly folder: string
  readonly url: string
  readonly fleet: Fleet
  readonly #children: ChildProcess[] = []

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'oakum-beats-'))
    return new Stage(folder, await connect(`sqlite:${folder}`, { leaseTtl: LEASE }))
  }

  private constructor(folder: string, fleet: Fleet) {
    this.folder = folder
    this.url = `sqlite:${folder}`
    this.fleet = fleet
  }

  async start(program: string, parameters: string[], env: NodeJS.ProcessEnv = process.env): Promise<ChildProcess> {
    const path = fileURLToPath(new URL(`fixtures/${program}.ts`, import.meta.url))
    const child = fork(path, [this.url, ...parameters], { execArgv: [...PROGRAM_FLAGS], env })
    this.#children.push(child)
    await message(child)
    return child
  }

  agent(id: string, beats: 'inline' | 'worker', env?: NodeJS.ProcessEnv): Promise<ChildProcess> {
    return this.start('agent', [id, JSON.stringify({ leaseTtl: LEASE, beats })], env)
  }

  coordinator(): Promise<ChildProcess> {
    return this.start('coordinator', [JSON.stringify({ leaseTtl: LEASE })])
  }

  async events(...types: string[]): Promise<OakumEvent[]> {
    await this.fleet.flush()
    return this.fleet.events.read({ types })
  }

  /** Agents that were claimed, with why. */
  async claimed(): Promise<string[]> {
    return (await this.events('cleanup_started')).map(({ agent, data }) => `${agent} ${String(data.reason)}`)
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.fleet.close()
    await rm(this.folder, { recursive: true })
  }
}

async function ask(agent: ChildProcess): Promise<Record<string, unknown>> {
  const answer = message(agent)
  agent.send('how')
  return Object(await answer)
}

/** Waits for a beat, so that the agent is not stopped within a write: that would lock the store for everybody. */
async function stopForGood(fleet: Fleet, id: string, agent: ChildProcess): Promise<void> {
  const { lastBeat } = (await fleet.get(id)) ?? {}
  await until(async () => (await fleet.get(id))?.lastBeat !== lastBeat)
  agent.kill('SIGSTOP')
}

async function shown(fleet: Fleet, id: string): Promise<string> {
  const record = await fleet.get(id)
  return record === null ? 'gone' : condition(record, await fleet.now())
}

/** All processes sleep for two leases. The coordinator wakes up first, and one agent never does. */
async function sleep(stage: Stage): Promise<unknown> {
  const { fleet } = stage
  const [inline, threaded, dead, coordinator] = await Promise.all([
    stage.agent('inline', 'inline'),
    stage.agent('threaded', 'worker'),
    stage.agent('dead', 'inline'),
    stage.coordinator(),
  ])
  await stopForGood(fleet, 'dead', dead)
  for (const one of [inline, threaded, coordinator]) one.kill('SIGSTOP')
  await pause(TWO_LEASES)
  const wokenAt = Date.now()
  for (const one of [coordinator, threaded, inline]) one.kill('SIGCONT')
  const claim = await until(async () => (await stage.events('cleanup_started'))[0])
  const answers = [await ask(inline), await ask(threaded)]
  await until(async () => (await shown(fleet, 'inline')) === 'alive' && (await shown(fleet, 'threaded')) === 'alive')
  return { claimed: await stage.claimed(), answers, claimedAfter: claim.time - wokenAt }
}

/** The event loop of an agent is blocked for two leases, while a thread beats for it. */
async function block(stage: Stage): Promise<unknown> {
  const { fleet } = stage
  const agent = await stage.agent('a', 'worker')
  await stage.coordinator()
  const answer = message(agent)
  agent.send(TWO_LEASES)
  agent.send('how')
  await until(async () => (await shown(fleet, 'a')) === 'stuck')
  const answered = Object(await answer)
  await until(async () => (await shown(fleet, 'a')) === 'alive')
  const told = await stage.events('agent_stuck', 'agent_recovered')
  const stuckFor = told.find(({ type }) => type === 'agent_recovered')?.data.milliseconds
  return { answered, told: told.map(({ type }) => type), stuckFor, claimed: await stage.claimed() }
}

/** The agents' clock is an hour back when they make the store, set two hours forward, and back again; then one falls silent. */
async function setClock(stage: Stage): Promise<unknown> {
  const { fleet } = stage
  const { setTo, env } = await useClock(stage)
  setTo('-1h')
  const silent = await stage.agent('silent', 'inline', env)
  const [threaded] = await Promise.all([stage.agent('threaded', 'worker', env), stage.coordinator()])
  const hours: number[] = []
  for (const offset of ['+1h', '-1h']) {
    setTo(offset)
    await pause(LEASE / 2) // several sweeps and beats
    for (const agent of [silent, threaded]) {
      const { wall, ...answer } = await ask(agent)
      expect(answer).toEqual(ALIVE)
      hours.push(Math.round((Number(wall) - Date.now()) / HOUR))
    }
  }
  expect(await stage.claimed()).toEqual([])
  setTo('+1h')
  await stopForGood(fleet, 'silent', silent)
  await until(async () => (await stage.claimed()).length > 0)
  const { wall: _, ...answer } = await ask(threaded)
  return { hours, claimed: await stage.claimed(), answer }
}

/** A wall clock for programs that can be set while they run. Their monotonic clock is the machine's, as it is when a clock is set. */
async function useClock(stage: Stage): Promise<{ setTo: (offset: string) => void; env: NodeJS.ProcessEnv }> {
  const { stdout } = await promisify(execFile)(await needTool('faketime'), ['-f', '+0', 'env'])
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout)?.[1]
  const file = join(stage.folder, 'clock')
  return {
    setTo: offset => writeFileSync(file, `${offset}\n`),
    env: {
      ...process.env,
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  }
}

const stages: Stage[] = []
const outcomes: Promise<unknown>[] = []

beforeAll(async () => {
  for (const scene of [sleep, block, setClock]) {
    const stage = await Stage.open()
    stages.push(stage)
    outcomes.push(scene(stage))
  }
  for (const settled of await Promise.allSettled(outcomes)) {
    console.log(settled.status === 'fulfilled' ? JSON.stringify(settled.value) : settled.reason)
  }
}, 300_000)

afterAll(async () => {
  for (const stage of stages) await stage.close()
})

it('lets nobody die of a sleep of two leases, but who does not wake up, a lease after it', async () => {
  const outcome = await outcomes[0]
  expect(outcome).toMatchObject({ claimed: ['dead stale_heartbeat'], answers: [ALIVE, ALIVE] })
  expect(Object(outcome).claimedAfter).toBeGreaterThan(LEASE * 0.9)
})

it('shows an agent as stuck whose event loop is blocked for two leases, and has it back alive', async () => {
  const outcome = await outcomes[1]
  expect(outcome).toMatchObject({ answered: ALIVE, told: ['agent_stuck', 'agent_recovered'], claimed: [] })
  expect(Object(outcome).stuckFor).toBeGreaterThan(LEASE)
})

it('lets nobody die early, or live for ever, when clocks are set back and forward by an hour', async () => {
  expect(await outcomes[2]).toEqual({ hours: [1, 1, -1, -1], claimed: ['silent stale_heartbeat'], answer: ALIVE })
})
