import { spawn } from 'node:child_process'
import { newMark, ProcessTable, withMark } from '@oakum/core/process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { commandLine, startOakum, type RunningCommand } from '../support/oakum.ts'

const WATCHING = /^oakum: watching over sqlite:.*\n$/

async function startUp(url: string, ...args: string[]): Promise<RunningCommand> {
  const running = startOakum(['up', '--store', url, ...args])
  onTestFinished(() => void running.child.kill('SIGKILL'))
  await until(() => WATCHING.test(running.said.stderr))
  return running
}

/** Starts `oakum up` on a terminal of its own. */
function startOnTerminal(
  url: string,
  env: NodeJS.ProcessEnv,
): { kill: () => void; said: () => string; living: () => number } {
  const mark = newMark()
  const command = commandLine(['up', '--store', url])
    .map(word => `'${word}'`)
    .join(' ')
  const terminal = spawn('script', ['-qec', `exec ${command}`, '/dev/null'], {
    env: withMark({ ...process.env, ...env }, mark),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const living = (): number => ProcessTable.read().carriersOf(mark).length
  onTestFinished(() => void terminal.kill('SIGKILL'))
  return { kill: () => void terminal.kill('SIGKILL'), said: () => said, living }
}

describe('oakum up', () => {
  it('reclaims what dead agents held, and off a terminal says so in plain lines', async () => {
    const fixture = await createFixture()
    const { child, said, done } = await startUp(fixture.url)
    const agent = await fixture.agent('coder-1')
    await until(() => said.stdout.includes('agent_registered'))
    agent.kill('SIGKILL')
    await until(() => /coder-1 {2}cleanup_completed {2}process_gone/.test(said.stdout))
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await done
    expect(code).toBe(0)
    expect(stderr).toMatch(WATCHING)
    expect(stdout).not.toContain('\u001b')
    expect(stdout.split('\n').filter(line => line.includes('cleanup_completed'))).toHaveLength(1)
  })

  it('gives programs a line of JSON for each event', async () => {
    const fixture = await createFixture()
    const { child, said, done } = await startUp(fixture.url, '--json')
    await fixture.agent('coder-1')
    await until(() => said.stdout.includes('\n'))
    child.kill('SIGINT')
    expect(await done).toMatchObject({ code: 0, stderr: expect.stringMatching(WATCHING) })
    expect(JSON.parse(said.stdout.split('\n')[0] ?? '')).toMatchObject({ type: 'agent_registered', agent: 'coder-1' })
  })

  it('ends when nobody reads its lines any more', async () => {
    const fixture = await createFixture()
    const { child, said, done } = await startUp(fixture.url)
    await fixture.agent('coder-1')
    await until(() => said.stdout.includes('coder-1'))
    child.stdout?.destroy()
    await fixture.agent('coder-2')
    expect(await done).toMatchObject({ code: 0, stderr: expect.stringMatching(WATCHING) })
  })

  it('shows a table on a terminal, without colours under NO_COLOR', async () => {
    const fixture = await createFixture()
    const { said } = startOnTerminal(fixture.url, { NO_COLOR: '1' })
    await fixture.agent('coder-1')
    await until(() => /AGENT .*\r\ncoder-1 +alive/.test(said().replaceAll('\u001b[K', '')))
    // oxlint-disable-next-line no-control-regex -- colours are what is looked for
    expect(said()).not.toMatch(/\u001b\[[\d;]*m/)
  })

  it('ends when its terminal is closed', async () => {
    const fixture = await createFixture()
    const { kill, said, living } = startOnTerminal(fixture.url, {})
    await until(() => said().includes('No agents yet'))
    expect(living()).toBeGreaterThan(0)
    kill()
    await until(() => living() === 0)
  })

  it('refuses a store that it does not know, with one line', async () => {
    const { code, stdout, stderr } = await executeHere(['up', '--store', 'mysql://nowhere'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^oakum: .*\(STORE_UNKNOWN\)\n$/)
  })
})
