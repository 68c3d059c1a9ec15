import { once } from 'node:events'
import { connect } from '@oakum/core/fleet'
import { identify } from '@oakum/core/process'
import { describe, expect, it } from 'vitest'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { commandLine, oakum } from '../support/oakum.ts'

describe('oakum stop', () => {
  it('asks agents to stop and waits until their leases are gone', async () => {
    const fixture = await createFixture()
    const agents = await Promise.all([fixture.agent('coder-1'), fixture.agent('coder-2')])
    const ended = Promise.all(agents.map(agent => once(agent, 'exit')))
    const { code, stdout, stderr } = await oakum(['stop', 'coder-1', 'coder-2', '--store', fixture.url])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^coder-1 stopped after .*\ncoder-2 stopped after .*\n$/)
    expect(await ended).toEqual([
      [0, null],
      [0, null],
    ])
  })

  it('fails and names the way out when an agent does not stop in time', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1', 'deaf')
    const { code, stdout, stderr } = await executeHere([
      'stop',
      'coder-1',
      '--timeout',
      '300ms',
      '--store',
      fixture.url,
    ])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/coder-1 did not stop within \d\S+; to end it now: oakum kill coder-1 \(TIMEOUT\)/)
  })

  it('reclaims an agent that died before it could be asked', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1')
    agent.kill('SIGKILL')
    await once(agent, 'exit')
    expect(await executeHere(['stop', 'coder-1', '--store', fixture.url])).toMatchObject({ code: 0, stderr: '' })
  })

  it('asks nobody when one of the ids is unknown', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1')
    const { code, stderr } = await executeHere(['stop', 'coder-1', 'nobody', '--store', fixture.url])
    expect(code).toBe(1)
    expect(stderr).toBe('oakum: No agent nobody is alive (AGENT_NOT_FOUND)\n')
    const { stdout } = await executeHere(['status', '--json', '--store', fixture.url])
    expect(JSON.parse(stdout)).toMatchObject({ agents: [{ id: 'coder-1', stopRequestedAt: null }] })
  })

  it('wants an id and a duration', async () => {
    expect(await executeHere(['stop'])).toMatchObject({ code: 2, stdout: '' })
    expect(await executeHere(['stop', 'x', '--timeout', 'soon'])).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('oakum kill', () => {
  it('ends the process of an agent that owns it, and all that it held', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1', 'own', 'deaf')
    const ended = once(agent, 'exit')
    expect(await oakum(['kill', 'coder-1', '--store', fixture.url])).toMatchObject({ code: 0, stderr: '' })
    expect(await ended).toEqual([null, 'SIGKILL'])
    const { stdout } = await executeHere(['status', '--all', '--json', '--store', fixture.url])
    expect(JSON.parse(stdout)).toMatchObject({ agents: [], ended: [{ id: 'coder-1', reason: 'process_gone' }] })
  })

  it('leaves a process alone that the agent does not own, and says what to do', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1')
    const { code, stdout, stderr } = await executeHere(['kill', 'coder-1', '--json', '--store', fixture.url])
    expect(code).toBe(1)
    expect(stderr).toContain(`lives in process ${agent.pid}, which is not its own`)
    expect(stderr).toContain('oakum stop coder-1')
    expect(JSON.parse(stdout)).toMatchObject({ agents: [{ id: 'coder-1', ended: false }] })
    expect(agent.exitCode).toBeNull()
  })

  it('leaves a process alone that was kept', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1', 'own')
    const fleet = await connect(fixture.url)
    const identity = identify(agent.pid ?? 0)
    if (identity !== null) await fleet.keep(identity)
    await fleet.close()
    const { code, stderr } = await oakum(['kill', 'coder-1', '--store', fixture.url])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is not ended: it is to be kept') })
    expect(agent.exitCode).toBeNull()
  })

  it('does not end the agent that it runs in', async () => {
    const fixture = await createFixture()
    const words = commandLine(['kill', 'me', '--store', fixture.url]).map(word => `'${word}'`)
    const args = ['run', '--id', 'me', '--store', fixture.url, '--', 'sh', '-c', `${words.join(' ')}; echo goes on`]
    const { code, stdout, stderr } = await oakum(args)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'goes on\n' })
    expect(stderr).toMatch(/this command runs in it.*oakum stop me/)
  })
})
