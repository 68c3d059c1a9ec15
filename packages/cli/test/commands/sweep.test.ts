import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
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

  it('finds nothing where there is no store', async () => {
    const fixture = await createFixture()
    expect(await executeHere(['sweep', '--store', fixture.url])).toMatchObject({ code: 0, stderr: '' })
  })
})
