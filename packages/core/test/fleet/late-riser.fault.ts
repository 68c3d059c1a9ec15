import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/fleet/index.ts'
import { identify, isAlive } from '../../src/process/index.ts'
import { message, startProgram } from '../support/fixture-program.ts'
import { until } from '../support/until.ts'

it('refuses every write of an agent that slept through its lease, and never lets it back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oakum-riser-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const url = `sqlite:${folder}`
  const sleeper = startProgram(new URL('fixtures/sleeper.ts', import.meta.url), url)
  const { epoch } = Object(await message(sleeper))
  const identity = identify(sleeper.pid ?? 0)

  const fleet = await connect(url)
  onTestFinished(() => fleet.close())
  const witness = await fleet.register({ id: 'witness' })
  const coordinator = fleet.coordinator({ grace: 20 })
  sleeper.kill('SIGSTOP')
  const { orphans } = await until(
    async () => {
      const result = await coordinator.sweep()
      return result.orphansCleaned > 0 ? result : undefined
    },
    { what: 'the sleeper to be reclaimed' },
  )
  expect(orphans).toMatchObject([{ agentId: 'sleeper', epoch, reason: 'stale_heartbeat' }])
  // It never owned its pid: it is fenced, not killed.
  expect(identity !== null && isAlive(identity)).toBe(true)

  const answer = message(sleeper)
  sleeper.send('try')
  sleeper.kill('SIGCONT')
  const { refused, signal } = Object(await answer)
  expect(new Set(Object.values(refused))).toEqual(new Set(['FENCED']))
  expect(Object.keys(refused)).toHaveLength(7)
  expect(signal).toBe('FENCED')

  // Several of its beats later it is still nowhere, and the key that it wrote before is gone.
  const beats = performance.now() + 1_000
  const neverBack = async (): Promise<boolean> => {
    expect(await fleet.get('sleeper')).toBeNull()
    expect(await witness.getKey('mine')).toBeNull()
    return performance.now() > beats
  }
  await until(neverBack, { what: 'several beats to pass' })
  expect((await fleet.tombstones({ id: 'sleeper' })).map(tombstone => tombstone.epoch)).toEqual([epoch])
})
