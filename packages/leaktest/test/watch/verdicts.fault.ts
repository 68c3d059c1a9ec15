/** What is said of a program that is watched. */
import type { ChildProcess } from 'node:child_process'
import { expect, test } from 'vitest'
import { formatWatch, watch } from '../../src/index.ts'
import { listeningSockets } from '../../src/watch/listening.ts'
import { hasInspectorThread } from '../../src/watch/node-process.ts'
import { connectTo } from '../../src/watch/remote-process.ts'
import { endProgram, pidOf, PROGRAM, startProgram } from './watched-program.ts'

/** Starts a program, which ends with the test, and resolves to its process id. */
type Start = (deed: string, ...flags: string[]) => Promise<number>

const it = test.extend<{ start: Start }>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- vitest wants a pattern here, to see that no other fixture is used
  start: async ({}, use) => {
    const children: ChildProcess[] = []
    await use(async (deed, ...flags) => {
      const child = await startProgram(deed, ...flags)
      children.push(child)
      return pidOf(child)
    })
    await Promise.all(children.map(endProgram))
  },
})

/** Eleven readings, for what goes up and down, as every heap does. */
const SHORT = { for: 2_500, every: 250 }
/** Seven, for counts that only go up: each reading goes over all of the heap. */
const SHORTER = { for: 1_500, every: 250 }

it.for([
  { deed: 'listener', counter: 'listeners', of: 'EventEmitter', site: 'leakListener' },
  { deed: 'timer', counter: 'timers', of: undefined, site: 'leakTimer' },
  { deed: 'socket', counter: 'sockets', of: undefined, site: 'leakSocket' },
])('names a $deed that stays, and who makes it', async ({ deed, counter, of, site }, { start }) => {
  const report = await watch(await start(deed), SHORTER)
  expect(report.verdict).toBe('grows')
  expect(report.rises.map(rise => ({ counter: rise.counter, of: rise.of }))).toContainEqual({ counter, of })
  expect(report.sites.map(({ function: name }) => name)).toContain(site)
  expect(formatWatch(report)).toMatch(/^✗ grows {2}process \d+/)
})

it('names code whose objects stay where nothing but the heap grows', async ({ start }) => {
  const report = await watch(await start('heap'), SHORT)
  expect(report).toMatchObject({ verdict: 'grows', rises: [] })
  expect(report.bytesPerSecond.low).toBeGreaterThan(0)
  expect(report.sites[0]?.file).toBe(PROGRAM)
  expect(report.findings.join('\n')).toMatch(/`(deeds\.)?(heap|leakHeap)` .+ leaves .+ per second/)
})

it.for(['nothing', 'busy'])('finds nothing in a program that does %s', async (deed, { start }) => {
  const report = await watch(await start(deed), SHORT)
  expect(report).toMatchObject({ verdict: 'settles', findings: [], rises: [], sites: [], notes: [] })
  expect(report.readings).toHaveLength(11)
})

it('keeps an inspector that was there, and ends only what it started', async ({ start }) => {
  const pid = await start('heap', '--inspect=127.0.0.1:0')
  const before = listeningSockets(pid)
  await watch(pid, { for: 50, every: 10 })
  expect(listeningSockets(pid)).toEqual(before)
  expect(hasInspectorThread(pid)).toBe(true)
  const connection = await connectTo(pid, new AbortController())
  await expect(connection.post('HeapProfiler.getSamplingProfile')).rejects.toThrow('was not started')
  expect(await connection.close()).toBe(true)
  expect(hasInspectorThread(pid)).toBe(true)
})

it('tells no sites where allocations are sampled already, and does not end that', async ({ start }) => {
  const pid = await start('timer', '--heap-prof', '--heap-prof-dir=/dev/null')
  const report = await watch(pid, SHORTER)
  expect(report).toMatchObject({ verdict: 'grows', sites: [], notes: [expect.stringContaining('--heap-prof')] })
  const connection = await connectTo(pid, new AbortController())
  await expect(connection.post('HeapProfiler.getSamplingProfile')).resolves.toBeDefined()
  await connection.close()
})
