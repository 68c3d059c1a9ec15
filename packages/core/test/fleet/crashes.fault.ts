/**
 * Fleets with crashes, as a team meets them: some agents fall silent or are killed, and the others work on. What is left is what
 * the others hold, and no more.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Fleet } from '../../src/fleet/index.ts'
import type { LeaseRef } from '../../src/fleet/records.ts'
import { message, startProgram } from '../support/fixture-program.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { sleepers, useToken } from '../support/real-processes.ts'
import { join } from './contract-values.ts'
import { openUrl, openWithClock, quickCoordinator, STORES } from './fleets.ts'

const AGENTS = 10
const LEASE = 120_000
const BEAT = 30_000
const SWEEP = 60_000

describe.each(STORES)('an agent on %s', driver => {
  it('whose last beat is three minutes old is found, cleaned, and active no more', async () => {
    const clock = new ManualClock()
    const { store, fleet } = await openWithClock(driver, clock)
    await store.beat([await join(store, 'stale', { leaseTtl: LEASE })])
    clock.advance(180_000)
    const { orphansDetected, orphansCleaned, orphans } = await quickCoordinator(fleet).sweep()
    expect({ orphansDetected, orphansCleaned }).toEqual({ orphansDetected: 1, orphansCleaned: 1 })
    expect(orphans).toMatchObject([{ agentId: 'stale', reason: 'stale_heartbeat', idleTime: 180_000 }])
    expect(await namesOf(fleet)).toEqual([])
  })

  it('whose last beat is 30 s old is left alone', async () => {
    const clock = new ManualClock()
    const { store, fleet } = await openWithClock(driver, clock)
    await store.beat([await join(store, 'healthy', { leaseTtl: LEASE })])
    clock.advance(30_000)
    expect(await quickCoordinator(fleet).sweep()).toMatchObject({ orphansDetected: 0, healthyAgents: 1 })
    expect(await namesOf(fleet)).toEqual(['healthy'])
  })
})

describe.each(STORES)('of ten agents on ten hosts, on %s,', driver => {
  it.each([3, 5])('exactly the %i that fall silent are cleaned within three minutes', async crashes => {
    const clock = new ManualClock()
    const { store, fleet } = await openWithClock(driver, clock)
    const refs: LeaseRef[] = []
    for (const name of names()) refs.push(await join(store, name, { host: `host-of-${name}`, leaseTtl: LEASE }))
    const coordinator = quickCoordinator(fleet)
    const { gone, left } = crash(refs, crashes)
    await store.beat(refs)

    const cleaned: string[] = []
    for (let time = BEAT; time <= 180_000; time += BEAT) {
      clock.advance(BEAT)
      expect((await store.beat(left)).fenced).toEqual([])
      if (time % SWEEP !== 0) continue
      const { orphans } = await coordinator.sweep()
      cleaned.push(...orphans.map(({ agentId, status }) => `${agentId}: ${status}`))
    }

    expect(cleaned.toSorted()).toEqual(gone.map(({ id }) => `${id}: cleaned`).toSorted())
    expect(await namesOf(fleet)).toEqual(left.map(({ id }) => id).toSorted())
    expect((await fleet.counts()).phases).toMatchObject({ alive: AGENTS - crashes, reaping: 0, quarantined: 0 })
  })
})

describe('of ten real agents', () => {
  it.each([3, 5])('exactly the %i that are killed are cleaned, with all that they held', async crashes => {
    const folder = mkdtempSync(path(tmpdir(), 'oakum-crashes-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const url = `sqlite:${path(folder, 'store')}`
    const agents = await Promise.all(names().map(name => startAgent(url, name, folder)))
    const fleet = await openUrl(url)
    expect(await namesOf(fleet)).toEqual(names())

    const { gone, left } = crash(agents, crashes)
    await Promise.all(gone.map(killAgent))
    const { orphansDetected, orphansCleaned, healthyAgents, orphans } = await quickCoordinator(fleet).sweep()

    expect({ orphansDetected, orphansCleaned, healthyAgents }).toEqual({
      orphansDetected: crashes,
      orphansCleaned: crashes,
      healthyAgents: AGENTS - crashes,
    })
    expect(orphans.map(({ agentId }) => agentId).toSorted()).toEqual(gone.map(({ id }) => id).toSorted())
    expect(new Set(orphans.map(({ reason }) => reason))).toEqual(new Set(['process_gone']))
    expect(await namesOf(fleet)).toEqual(left.map(({ id }) => id).toSorted())
    for (const agent of gone)
      expect(await holdings(fleet, agent)).toEqual({ processes: 0, directory: false, key: null })
    for (const agent of left) expect(await holdings(fleet, agent)).toEqual({ processes: 1, directory: true, key: '42' })
    expect(await quickCoordinator(fleet).sweep()).toMatchObject({ orphansDetected: 0, orphansCleaned: 0 })
  })
})

interface RealAgent {
  id: string
  child: ChildProcess
  directory: string
  token: string
}

async function startAgent(url: string, id: string, root: string): Promise<RealAgent> {
  const token = useToken()
  const child = startProgram(new URL('fixtures/agent.ts', import.meta.url), url, id, root, token)
  const { directory } = Object(await message(child))
  return { id, child, directory: String(directory), token }
}

async function killAgent({ child }: RealAgent): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** What the system and the store say that an agent holds. */
async function holdings(
  fleet: Fleet,
  { id, directory, token }: RealAgent,
): Promise<{ processes: number; directory: boolean; key: string | null }> {
  return {
    processes: sleepers(token).length,
    directory: existsSync(directory),
    key: await fleet.getKey(`${id}:answer`),
  }
}

function names(): string[] {
  return Array.from({ length: AGENTS }, (_, index) => `agent-${index}`)
}

/** Chooses at random who crashes: the names in what failed tell who it was. */
function crash<T>(agents: readonly T[], count: number): { gone: T[]; left: T[] } {
  const left = [...agents]
  const gone = Array.from({ length: count }, () => left.splice(Math.floor(Math.random() * left.length), 1)).flat()
  return { gone, left }
}

async function namesOf(fleet: Fleet): Promise<string[]> {
  return (await fleet.agents({ phases: ['starting', 'alive', 'draining'] })).map(({ id }) => id).toSorted()
}
