import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSqliteFleetStore } from '../../../core/src/fleet/drivers/sqlite/store.ts'
import { join as register } from '../../../core/test/fleet/contract-values.ts'
import { until } from '../../../core/test/support/until.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { oakum, startOakum } from '../support/oakum.ts'

const ESCAPE = '\u001b'

describe('oakum status', () => {
  it('says that nothing runs where there is no store, and makes none', async () => {
    const fixture = await createFixture()
    const { code, stdout, stderr } = await executeHere(['status', '--store', fixture.url])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('nothing runs')
    expect(existsSync(join(fixture.folder, 'store'))).toBe(false)
    expect(JSON.parse((await executeHere(['status', '--json', '--store', fixture.url])).stdout)).toEqual({
      agents: [],
      ended: [],
    })
  })

  it('lists what lives, without colours on a pipe', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1', 'own')
    const { code, stdout, stderr } = await oakum(['status'], { OAKUM_STORE: fixture.url })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^AGENT .*\\ncoder-1 +alive .*${agent.pid} +1 +thinking\\n$`))
    expect(stdout).not.toContain(ESCAPE)
  })

  it('gives programs the records', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1')
    const { stdout } = await executeHere(['status', '--json', '--store', fixture.url])
    const agents = [{ id: 'coder-1', phase: 'alive', process: { pid: agent.pid }, owned: 0 }]
    expect(JSON.parse(stdout)).toMatchObject({ agents, ended: [] })
  })

  it('tells all about one agent', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1', 'own')
    const { code, stdout } = await executeHere(['status', 'coder-1', '--store', fixture.url])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^coder-1 +alive/)
    expect(stdout).toContain(`process    ${agent.pid}`)
    expect(stdout).toContain('agent_registered')
  })

  it('shows who is stuck and who is stalled, and for how long', async () => {
    const fixture = await createFixture()
    const store = await openSqliteFleetStore({ directory: join(fixture.folder, 'store') })
    onTestFinished(() => store.close())
    const blocked = await register(store, 'blocked', { leaseTtl: 60_000 })
    const idle = await register(store, 'idle', { progressTimeout: 1, leaseTtl: 60_000 })
    await store.beat([{ ...blocked, lag: 45_000, stuck: true }])
    await until(async () => {
      await store.beat([idle])
      await store.stalled({ limit: 1 })
      return (await store.get('idle'))?.stalledAt !== null
    })
    const { stdout } = await executeHere(['status', '--store', fixture.url])
    expect(stdout).toMatch(/^blocked +stuck /m)
    expect(stdout).toMatch(/^idle +stalled /m)
    const show = async (id: string): Promise<string> =>
      (await executeHere(['status', id, '--store', fixture.url])).stdout
    expect(await show('blocked')).toMatch(/event loop +blocked, known for \d+s$/m)
    expect(await show('idle')).toMatch(/progress +none yet; one each 0s was promised, stalled for \d+s$/m)
  })

  it('says what to do when nothing lives, and with --all what has ended', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1')
    await executeHere(['stop', 'coder-1', '--store', fixture.url])
    const { code, stdout } = await executeHere(['status', '--all', '--store', fixture.url])
    expect(code).toBe(0)
    expect(stdout).toContain('No agents. Start one: oakum run -- COMMAND')
    expect(stdout).toMatch(/coder-1 +released/)
  })

  it('names the agent that was probably meant', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1')
    const { code, stdout, stderr } = await executeHere(['status', 'codr-1', '--store', fixture.url])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe('oakum: No agent codr-1 is alive; did you mean "coder-1"? (AGENT_NOT_FOUND)\n')
  })

  it('watches: piped it shows once what lives, then a line for each thing that happens', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1')
    const { child, said, done } = startOakum(['status', '--watch', '--store', fixture.url])
    await until(() => said.stdout.includes('coder-1'))
    await fixture.agent('coder-2')
    await until(() => said.stdout.includes('coder-2'))
    child.kill('SIGINT')
    expect(await done).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout).toMatch(/^AGENT .*\ncoder-1 .*\n\S+ {2}coder-2 {2}agent_registered/)
    expect(said.stdout.match(/AGENT/g)).toHaveLength(1)
    expect(said.stdout).not.toContain(ESCAPE)
  })

  it('watches one agent until it has ended', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1')
    const { said, done } = startOakum(['status', 'coder-1', '--watch', '--json', '--store', fixture.url])
    await until(() => said.stdout.includes('\n'))
    agent.kill('SIGKILL')
    await until(async () => (await executeHere(['sweep', '--store', fixture.url])).stdout.includes('1 cleaned'))
    expect(await done).toMatchObject({ code: 0, stderr: '' })
    const [details, ...events] = said.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(details).toMatchObject({ agent: { id: 'coder-1' } })
    expect(events.at(-1)).toMatchObject({ type: 'cleanup_completed', agent: 'coder-1' })
  })

  it('refuses to watch what has ended', async () => {
    expect(await executeHere(['status', '--watch', '--all'])).toMatchObject({ code: 2, stdout: '' })
  })
})
