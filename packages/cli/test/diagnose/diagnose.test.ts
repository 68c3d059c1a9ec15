import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { WatchReport } from '@oakum/leaktest'
import { expect, it, onTestFinished } from 'vitest'
import { childrenOf, start, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { observe, type Observation } from '../../src/diagnose/observe.ts'
import { readTree } from '../../src/diagnose/reading.ts'
import { findTarget } from '../../src/diagnose/target.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { FROM_SOURCE, startOakum } from '../support/oakum.ts'

async function startLeaking(): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('fixtures/leaks.ts', import.meta.url))
  const child = spawn(process.execPath, [...FROM_SOURCE, file], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

function observationIn(stdout: string): Observation {
  const observation: Observation = JSON.parse(stdout)
  return observation
}

it('finds that the descriptors of an idle `oakum up` settle below 50', async () => {
  const { url } = await createFixture()
  const up = startOakum(['up', '--store', url])
  onTestFinished(async () => {
    up.child.kill('SIGKILL')
    await up.done
  })
  await until(() => up.said.stderr.includes('watching'))
  const { stdout, stderr } = await executeHere(['diagnose', String(up.child.pid), '--for', '1s', '--json'])
  const { trends, readings } = observationIn(stdout)
  console.log(`descriptors of oakum up: ${readings.map(({ descriptors }) => descriptors).join(' ')}`)
  expect(stderr).toBe('')
  expect(trends.descriptors).toMatchObject({ verdict: 'settles' })
  expect(trends.descriptors?.highest).toBeLessThan(50)
  expect(trends.descriptors?.last).toBeGreaterThan(3)
})

it('finds what grows, by how much, and fails', async () => {
  const child = await startLeaking()
  // A program that is kept from running does not leak meanwhile: then the next look finds it.
  const { code, verdict, trends } = await until(async () => {
    const finished = await executeHere(['diagnose', String(child.pid), '--for', '1s', '--json'])
    const observation = observationIn(finished.stdout)
    const { descriptors, memory } = observation.trends
    const grow = descriptors?.verdict === 'grows' && memory?.verdict === 'grows'
    return grow ? { ...observation, code: finished.code } : null
  })
  expect({ code, verdict }).toEqual({ code: 1, verdict: 'grows' })
  for (const trend of [trends.descriptors, trends.memory]) {
    if (trend === undefined) throw new Error('A figure is missing.')
    const { first, last, perSecond } = trend
    expect(last).toBeGreaterThan(first)
    expect(perSecond.low).toBeGreaterThan(0)
    expect(perSecond.high).toBeGreaterThanOrEqual(perSecond.value)
  }
})

it('counts all below a process, and all that an agent runs', async () => {
  const token = useToken()
  const { pid } = start('sh', ['-c', `sleep ${token} & sleep ${token} & wait`])
  await until(() => childrenOf(pid).length === 2)
  const { code, stdout } = await executeHere(['diagnose', String(pid), '--for', '1s'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^✓ settles {2}process \d+ \(sh\) {2}\d+ readings in .*\n {2}memory .*iB .* settles\n/)
  expect(stdout).toMatch(/ {2}processes +3 .*settles\n$/)

  const fixture = await createFixture()
  const agent = await fixture.agent('coder-1')
  const target = await findTarget('coder-1', fixture.url)
  expect(target).toMatchObject({ name: `agent coder-1 (process ${agent.pid})`, root: { pid: agent.pid }, isNode: true })
  expect(await readTree(target.tree, 0)).toMatchObject({ processes: 1 })
})

it('looks into the heap of a Node process as well, for as long as that takes', async () => {
  const child = await startLeaking()
  const { heap, readings } = await until(async () => {
    const { code, stdout } = await executeHere(['diagnose', String(child.pid), '--heap', '--for', '1s', '--json'])
    const observation: Observation & { heap: WatchReport } = JSON.parse(stdout)
    return code === 1 && observation.heap.verdict === 'grows' ? observation : null
  })
  expect(heap.rises.map(({ counter }) => counter)).toContain('fds')
  expect(readings.at(-1)?.at).toBeGreaterThan(1_000)
})

it('judges nothing that was broken off at once', async () => {
  const target = await findTarget(String(start('sleep', [useToken()]).pid), 'memory:')
  const options = { duration: 60_000, signal: AbortSignal.abort(), onReading: () => {} }
  await expect(observe(target, options)).rejects.toMatchObject({ code: 'ABORTED' })
})

it('says what it cannot look at', async () => {
  const fixture = await createFixture()
  const { url } = fixture
  await fixture.agent('coder-1')
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await executeHere(['diagnose', ...args, '--store', url])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    return stderr
  }
  expect(await refused('4194304')).toBe('oakum: No process has the pid 4194304 (PROCESS_NOT_FOUND)\n')
  expect(await refused('coder-2')).toMatch(/No agent coder-2 is alive; did you mean "coder-1"\? \(AGENT_NOT_FOUND\)/)
  expect(await refused(String(start('sleep', [useToken()]).pid), '--heap')).toMatch(/is no Node: it runs sleep/)

  const { pid } = start('sleep', [useToken()])
  const ended = refused(String(pid), '--for', '60s')
  process.kill(pid, 'SIGKILL')
  expect(await ended).toMatch(/process \d+.* ended while it was watched, after .* s \(PROCESS_NOT_FOUND\)/)
  expect(await executeHere(['diagnose', '1', '--for', '10ms'])).toMatchObject({ code: 2, stdout: '' })
})
