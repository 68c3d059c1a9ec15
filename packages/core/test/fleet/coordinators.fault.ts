/**
 * Several coordinators in processes of their own, one store: each orphan is cleaned once, whoever dies on the way.
 * OAKUM_ROUNDS sets how often (once by default, 20 for the published figure).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../../src/fleet/index.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const ROUNDS = Number(process.env.OAKUM_ROUNDS ?? 1)
const COORDINATORS = 8
/** By how much time has gone on since the agents were heard, and since a coordinator was killed: leases and claims are over. */
const LATER = 200_000
const FIXTURE = join(import.meta.dirname, 'fixtures/racing-coordinator.ts')

let folder: string
let url: string
let started: ChildProcess[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oakum-race-'))
  url = `sqlite:${join(folder, 'store')}`
  mkdirSync(join(folder, 'tokens'))
  started = []
})

afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

for (let round = 1; round <= ROUNDS; round++) {
  it(`cleans 1,000 orphans exactly once with ${COORDINATORS} coordinators, round ${round}`, async () => {
    await leaveOrphans(1_000)
    const racers = await Promise.all(Array.from({ length: COORDINATORS }, () => startCoordinator('nowhere')))
    const cleaned = await Promise.all(racers.map(racer => racer.race()))

    expect(cleaned.reduce((sum, n) => sum + n, 0)).toBe(1_000)
    await expectAllGoneOnce(1_000)
    expect(ledger()).toHaveLength(1_000) // nobody died, so no reclaimer ran twice either
  })

  it.each(['claimed', 'reclaiming', 'reclaimed'])(
    `finishes what a coordinator killed when it had %s left, round ${round}`,
    async point => {
      await leaveOrphans(200)
      const doomed = await startCoordinator(point)
      await doomed.race()
      expect(doomed.child.signalCode).toBe('SIGKILL')
      const finished = await completedEvents()
      expect(finished.length).toBeLessThan(200)

      const heirs = await Promise.all([startCoordinator('nowhere', LATER), startCoordinator('nowhere', LATER)])
      const cleaned = await Promise.all(heirs.map(heir => heir.race()))

      expect(cleaned.reduce((sum, n) => sum + n, 0)).toBe(200 - finished.length)
      await expectAllGoneOnce(200)
    },
  )
}

/** Agents that own a token each, and that nobody beats for any more. */
async function leaveOrphans(count: number): Promise<void> {
  const fleet = await connect(url, { clock: shiftedClock(-LATER) })
  for (let i = 0; i < count; i++) {
    const key = `token-${i}`
    writeFileSync(join(folder, 'tokens', key), '')
    await fleet.register({ id: `orphan-${i}`, resources: [{ kind: 'token', ref: { key } }] })
  }
  await fleet.close({ release: false })
}

interface Racer {
  child: ChildProcess
  /** Lets it go, and waits for its end: how many it cleaned, 0 when it was killed. */
  race(): Promise<number>
}

async function startCoordinator(killAt: string, ahead = 0): Promise<Racer> {
  const flags = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, FIXTURE, url, join(folder, 'tokens'), killAt, String(ahead)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  started.push(child)
  const lines = createInterface(child.stdout)
  const closed = once(child, 'close')
  const said: string[] = []
  lines.on('line', line => said.push(line))
  await Promise.any([once(lines, 'line'), closed])
  expect(said).toEqual(['ready'])
  return {
    child,
    race: async () => {
      child.stdin.write('go\n')
      await closed
      return Number(said[1] ?? 0)
    },
  }
}

async function expectAllGoneOnce(count: number): Promise<void> {
  const completed = await completedEvents()
  expect(completed).toHaveLength(count)
  expect(new Set(completed).size).toBe(count)
  expect(readdirSync(join(folder, 'tokens')).filter(name => name !== 'ledger')).toEqual([])
  expect(new Set(ledger()).size).toBe(count)

  const fleet = await connect(url)
  const { phases } = await fleet.counts()
  expect(Object.values(phases).reduce((sum, n) => sum + n, 0)).toBe(0)
  await fleet.close()
}

async function completedEvents(): Promise<string[]> {
  const fleet = await connect(url)
  await fleet.flush()
  const events = await fleet.events.read({ types: ['cleanup_completed'], limit: 10_000 })
  await fleet.close()
  return events.map(event => event.agent ?? '')
}

function ledger(): string[] {
  try {
    return readFileSync(join(folder, 'tokens/ledger'), 'utf8').trimEnd().split('\n')
  } catch {
    return [] // nothing was reclaimed yet
  }
}
