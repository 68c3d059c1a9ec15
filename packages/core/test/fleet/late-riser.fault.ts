import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../../src/fleet/index.ts'
import { isAlive, identify } from '../../src/process/index.ts'
import { until } from '../support/until.ts'

let folder: string
let sleeper: ChildProcess
let lines: Interface

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oakum-riser-'))
})

afterEach(() => {
  sleeper.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

it('refuses every write of an agent that slept through its lease, and never lets it back', async () => {
  const url = `sqlite:${folder}`
  const fixture = join(import.meta.dirname, 'fixtures/sleeper.ts')
  sleeper = spawn(
    process.execPath,
    ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', fixture, url],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  lines = createInterface({ input: sleeper.stdout as NonNullable<typeof sleeper.stdout> })
  const [registered] = (await once(lines, 'line')) as [string]
  const epoch = registered.split(' ')[1]
  const identity = identify(sleeper.pid ?? 0)

  const fleet = await connect(url)
  const witness = await fleet.register({ id: 'witness' })
  const coordinator = fleet.coordinator({ grace: 20 })
  sleeper.kill('SIGSTOP')
  const { orphans } = await until(
    async () => {
      const result = await coordinator.sweep()
      return result.orphansCleaned > 0 ? result : undefined
    },
    { timeout: 5_000, what: 'the sleeper to be reclaimed' },
  )
  expect(orphans).toMatchObject([{ agentId: 'sleeper', epoch, reason: 'stale_heartbeat' }])
  // It never owned its pid: it is fenced, not killed.
  expect(identity !== null && isAlive(identity)).toBe(true)

  const answer = once(lines, 'line') as Promise<[string]>
  sleeper.kill('SIGUSR2')
  sleeper.kill('SIGCONT')
  const { refused, signal } = JSON.parse((await answer)[0]) as { refused: Record<string, string>; signal: string }
  expect(new Set(Object.values(refused))).toEqual(new Set(['FENCED']))
  expect(Object.keys(refused)).toHaveLength(7)
  expect(signal).toBe('FENCED')

  // Several of its beats later it is still nowhere, and the key that it wrote before is gone.
  const beats = Date.now() + 1_000
  await until(
    async () => {
      expect(await fleet.get('sleeper')).toBeNull()
      expect(await witness.getKey('mine')).toBeNull()
      return Date.now() > beats
    },
    { timeout: 5_000, what: 'several beats to pass' },
  )
  expect((await fleet.tombstones({ id: 'sleeper' })).map(tombstone => tombstone.epoch)).toEqual([epoch])
  await coordinator.stop()
  await fleet.close()
})
