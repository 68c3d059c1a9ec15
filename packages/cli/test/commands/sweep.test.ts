import { once } from 'node:events'
import { connect, type SweepResult } from '@oakum/core/fleet'
import { describe, expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { oakum } from '../support/oakum.ts'

describe('oakum sweep', () => {
  it('finds with --dry-run what it reclaims without', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1')
    const dead = await fixture.agent('coder-2')
    dead.kill('SIGKILL')
    await once(dead, 'exit')

    const dry = await executeHere(['sweep', '--dry-run', '--json', '--store', fixture.url])
    expect(dry.code).toBe(0)
    const found = { orphansDetected: 1, orphansCleaned: 0, healthyAgents: 1 }
    expect(JSON.parse(dry.stdout)).toMatchObject({ ...found, orphans: [{ agentId: 'coder-2', status: 'found' }] })

    const wet = await oakum(['sweep', '--store', fixture.url])
    expect(wet).toMatchObject({ code: 0, stderr: '' })
    expect(wet.stdout).toMatch(/coder-2 +process_gone .*cleaned/)
    expect(wet.stdout).toContain('1 orphans, 1 cleaned, 1 healthy')

    const again = await executeHere(['up', '--once', '--json', '--store', fixture.url])
    expect(JSON.parse(again.stdout)).toMatchObject({ orphansDetected: 0, healthyAgents: 1 })
  })

  it('holds back silence that it doubts, and believes it with --force', async () => {
    const { url } = await createFixture()
    const fleet = await connect(url, { leaseTtl: 400, beatEvery: 50 })
    await fleet.register({ id: 'coder-1' })
    await fleet.coordinator().sweep() // from here on a gap is known
    await fleet.close({ release: false })
    await until(async () => {
      const { stdout } = await executeHere(['sweep', '--dry-run', '--json', '--store', url])
      const result: SweepResult = JSON.parse(stdout)
      return result.held.length === 1
    })
    const doubted = await executeHere(['sweep', '--store', url])
    expect(doubted.stdout).toMatch(
      /^HELD BACK +WHY .*\ncoder-1 +nobody swept .*\n\n0 orphans.* 1 silent but held back\n.*--force\n$/,
    )
    const dry = await executeHere(['sweep', '--dry-run', '--force', '--json', '--store', url])
    expect(JSON.parse(dry.stdout)).toMatchObject({ orphans: [{ agentId: 'coder-1', status: 'found' }], held: [] })
    const forced = await executeHere(['sweep', '--force', '--store', url])
    expect(forced.stdout).toMatch(
      /^ORPHAN .*\ncoder-1 +(?:stale|missing)_heartbeat .*cleaned\n\n1 orphans, 1 cleaned, 0 healthy\n$/,
    )
  })

  it('finds nothing where there is no store', async () => {
    const fixture = await createFixture()
    expect(await executeHere(['sweep', '--store', fixture.url])).toMatchObject({ code: 0, stderr: '' })
  })
})
