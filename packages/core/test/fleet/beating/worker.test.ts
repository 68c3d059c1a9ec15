import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import type { Fleet } from '../../../src/fleet/index.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import { startProgram } from '../../support/fixture-program.ts'
import { temporaryFolder } from '../../support/sqlite.ts'
import { until } from '../../support/until.ts'
import { openFleet, openUrl, refusal } from '../fleets.ts'

const BEAT_EVERY = 50
const STUCK_AFTER = 100

/** The next thread that this process starts. */
async function nextWorker(): Promise<Worker> {
  const [worker] = await once(process, 'worker')
  return worker
}

function blockLoop(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

async function events(fleet: Fleet, type: string): Promise<Record<string, unknown>[]> {
  await fleet.flush()
  return (await fleet.events.read({ types: [type] })).map(({ data }) => data)
}

/** Blocks the event loop until somebody else is seen to have beaten meanwhile: it told that the agent was stuck, and for long. */
async function untilTakenOver(fleet: Fleet): Promise<void> {
  await until(
    async () => {
      blockLoop(4 * STUCK_AFTER)
      await until(async () => (await fleet.get('a'))?.stuckAt === null)
      return (await events(fleet, 'agent_recovered')).some(({ milliseconds }) => Number(milliseconds) > STUCK_AFTER)
    },
    { what: 'a thread that beats' },
  )
}

async function beatsGoOn(fleet: Fleet, id = 'a'): Promise<boolean> {
  const before = (await fleet.get(id))?.lastBeat ?? 0
  return until(async () => ((await fleet.get(id))?.lastBeat ?? 0) > before + BEAT_EVERY)
}

it('is refused where a thread cannot beat', async () => {
  expect(await refusal(() => openFleet('memory', { beats: 'worker' }))).toBe('INVALID_OPTION')
  const clock = { ...systemClock }
  expect(await refusal(() => openFleet('sqlite', { beats: 'worker', clock }))).toBe('INVALID_OPTION')
  // oxlint-disable-next-line no-unsafe-type-assertion -- what a user without types may say
  expect(await refusal(() => openFleet('sqlite', { beats: 'thread' as 'worker' }))).toBe('INVALID_OPTION')
})

it('beats for all agents of the process, those that join later and those that leave included', async () => {
  const fleet = await openFleet('sqlite', { beats: 'worker', beatEvery: BEAT_EVERY, stuckAfter: STUCK_AFTER })
  const agent = await fleet.register({ id: 'a' })
  await untilTakenOver(fleet)

  agent.progress()
  await until(async () => (await fleet.get('a'))?.progressAt !== null)
  const other = await fleet.register({ id: 'b' })
  await until(() => other.phase === 'alive')
  await beatsGoOn(fleet, 'b')
  await other.release()
  await beatsGoOn(fleet)
  expect(await fleet.get('b')).toBeNull()

  await fleet.requestStop('a')
  await until(() => agent.signal.aborted)
  expect([agent.phase, agent.signal.reason?.code]).toEqual(['alive', 'STOP_REQUESTED'])
})

it('leaves the beats to the event loop again when the thread is lost, and tells so', async () => {
  const starting = nextWorker()
  const fleet = await openFleet('sqlite', { beats: 'worker', beatEvery: BEAT_EVERY, stuckAfter: STUCK_AFTER })
  const agent = await fleet.register({ id: 'a' })
  const worker = await starting
  await untilTakenOver(fleet)
  await worker.terminate()
  await beatsGoOn(fleet)
  expect(await until(async () => (await events(fleet, 'beat_thread_lost'))[0])).toMatchObject({ pid: process.pid })
  await agent.assertAlive()
})

it('starts by itself once the event loop was blocked for long, and not before', async () => {
  const workers: Worker[] = []
  const note = (worker: Worker): unknown => workers.push(worker)
  process.on('worker', note)
  try {
    const quick = await openFleet('sqlite', { beatEvery: BEAT_EVERY }) // stuck from 30 s on
    await quick.register({ id: 'a' })
    blockLoop(2 * STUCK_AFTER)
    await beatsGoOn(quick)
    await quick.close()
    expect(workers).toEqual([])

    const fleet = await openFleet('sqlite', { beatEvery: BEAT_EVERY, stuckAfter: STUCK_AFTER })
    await fleet.register({ id: 'a' })
    blockLoop(2 * STUCK_AFTER)
    await until(() => workers.length > 0)
    await fleet.close()
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1])
  } finally {
    process.off('worker', note)
  }
})

it('keeps no process alive', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const program = startProgram(new URL('fixtures/leaving.ts', import.meta.url), url)
  const [code] = await once(program, 'exit')
  expect(code).toBe(0)
  const fleet = await openUrl(url)
  expect(await fleet.get('a')).toMatchObject({ phase: 'alive' })
})
