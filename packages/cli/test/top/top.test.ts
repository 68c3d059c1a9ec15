import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import type { TopSample } from '../../src/top/sampler.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { commandLine, oakum } from '../support/oakum.ts'

describe('oakum top', () => {
  it('prints once where there is no terminal, and one object for each look with --json', async () => {
    const fixture = await createFixture()
    const agent = await fixture.agent('coder-1')
    const { code, stdout, stderr } = await executeHere(['top', '--store', fixture.url])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      new RegExp(`^1 agent, .*\\n\\nAGENT .*\\ncoder-1 +alive +\\d+\\.\\d .* ${agent.pid}  thinking\\n$`),
    )
    const json = await oakum(['top', '--json', '-n', '2', '--interval', '100ms', '--store', fixture.url])
    const samples = json.stdout
      .trimEnd()
      .split('\n')
      .map((line): TopSample => JSON.parse(line))
    expect(samples).toHaveLength(2)
    expect(samples[1]?.agents).toMatchObject([{ id: 'coder-1', pid: agent.pid, cpu: expect.any(Number) }])
    expect(samples[1]?.agents[0]?.bytes).toBeGreaterThan(1_000_000)
  })

  it('on a terminal ends by a key, and gives the terminal back', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1')
    const command = commandLine(['top', '--store', fixture.url])
      .map(word => `'${word}'`)
      .join(' ')
    const terminal = spawn('script', ['-qec', `${command}; stty -a`, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void terminal.kill('SIGKILL'))
    let said = ''
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const closed = once(terminal, 'close')
    await until(() => said.includes('q quit'))
    terminal.stdin.write('q')
    await until(() => / icanon/.test(said))
    await closed
    expect(said).toContain('coder-1')
    expect(said).toContain('\u001b[?25h')
    // oxlint-disable-next-line no-control-regex -- colours are what is looked for
    expect(said).not.toMatch(/\u001b\[[\d;]*m/)
  })

  it.each([
    [['--sort', 'memroy'], /--sort takes one of .*did you mean "memory"\?/],
    [['--interval', '1ms'], /--interval wants 100ms or more/],
    [['-n', '0'], /-n wants a number of looks/],
  ])('refuses %j', async (args, message) => {
    expect(await executeHere(['top', ...args])).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
  })

  it('makes no store', async () => {
    const { url } = await createFixture()
    expect((await executeHere(['top', '--store', url])).stdout).toContain('There is no store')
  })
})
