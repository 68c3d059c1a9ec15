import { identify } from '@oakum/core/process'
import { connect } from '@oakum/core/fleet'
import { describe, expect, it, onTestFinished } from 'vitest'
import { message, startProgram } from '../../../core/test/support/fixture-program.ts'
import { until } from '../../../core/test/support/until.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { startOakum } from '../support/oakum.ts'

const LEAKER = new URL('../../../core/test/fleet/fixtures/leaker.ts', import.meta.url)
const MB = 1_024 * 1_024

/** An agent whose process takes as much memory as it is told to. */
async function startLeaker(url: string, id: string): Promise<(bytes: number) => Promise<unknown>> {
  const child = startProgram(LEAKER)
  await message(child)
  const process = identify(child.pid ?? 0)
  if (process === null) throw new Error('The agent is gone.')
  const fleet = await connect(url)
  onTestFinished(() => fleet.close())
  await fleet.register({ id, process })
  return bytes => {
    child.send(bytes)
    return message(child)
  }
}

describe('oakum up', () => {
  it('tells of a leak, and of its end', async () => {
    const fixture = await createFixture()
    const take = await startLeaker(fixture.url, 'leaky')
    const options = ['--leak-threshold', '20M', '--leak-window', '2s']
    const { child, said, done } = startOakum(['up', '--store', fixture.url, ...options])
    onTestFinished(() => void child.kill('SIGKILL'))
    await until(() => take(MB).then(() => said.stdout.includes('memory_leak_detected')))
    expect(said.stdout).toMatch(/ {2}leaky {2}memory_leak_detected {2}leaky grew by [\d.]+ MiB in 2.00s\n/)
    await take(0)
    await until(() => said.stdout.includes('memory_leak_cleared'))
    expect(said.stdout).toMatch(/ {2}leaky {2}memory_leak_cleared {2}settled: leaky grew by /)
    child.kill('SIGTERM')
    expect((await done).code).toBe(0)
  })

  it.each([
    ['--leak-threshold', 'much'],
    ['--leak-window', 'long'],
  ])('refuses %s %s', async (option, value) => {
    const fixture = await createFixture()
    const { code, stderr } = await executeHere(['up', '--store', fixture.url, option, value])
    expect(code).toBe(2)
    expect(stderr).toContain(`${option} wants a`)
  })
})

describe('oakum status', () => {
  it('shows what agents take of the memory now', async () => {
    const fixture = await createFixture()
    const take = await startLeaker(fixture.url, 'large')
    await take(50 * MB)
    const { stdout } = await executeHere(['status', '--store', fixture.url])
    expect(stdout).toMatch(/^AGENT .* MEMORY .*\nlarge .* [\d.]+ MiB +\d+ /)
    const { stdout: json } = await executeHere(['status', '--json', '--store', fixture.url])
    const { memory } = JSON.parse(json).agents[0]
    expect(memory).toMatchObject({ processes: 1, sharedWith: 0, measure: 'pss' })
    expect(memory.bytes).toBeGreaterThan(50 * MB)
    expect((await executeHere(['status', 'large', '--store', fixture.url])).stdout).toMatch(
      /\n {2}memory +[\d.]+ MiB in 1 process\n/,
    )
  })

  it('says how many agents share what is shown', async () => {
    const fixture = await createFixture()
    const fleet = await connect(fixture.url)
    onTestFinished(() => fleet.close())
    for (const id of ['one', 'two']) await fleet.register({ id })
    const { stdout } = await executeHere(['status', '--store', fixture.url])
    expect(stdout.match(/MiB ÷2 /g)).toHaveLength(2)
  })
})
