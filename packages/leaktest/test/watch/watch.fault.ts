import { fork, spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { formatWatch, watch } from '../../src/index.ts'
import { listeningSockets } from '../../src/watch/listening.ts'
import { hasInspectorThread, isAlive } from '../../src/watch/node-process.ts'
import { connectTo } from '../../src/watch/remote-process.ts'

/** Eleven readings. */
const SHORT = { for: 2_500, every: 250 }

it.each([
  { deed: 'listener', counter: 'listeners', of: 'EventEmitter', site: 'leakListener' },
  { deed: 'timer', counter: 'timers', of: undefined, site: 'leakTimer' },
  { deed: 'socket', counter: 'sockets', of: undefined, site: 'leakSocket' },
])('names a $deed that stays, and who makes it', async ({ deed, counter, of, site }) => {
  const report = await watch(await startProgram(deed), SHORT)
  expect(report.verdict).toBe('grows')
  expect(report.rises.map(rise => ({ counter: rise.counter, of: rise.of }))).toContainEqual({ counter, of })
  expect(report.sites.map(({ function: name }) => name)).toContain(site)
  expect(formatWatch(report)).toMatch(/^✗ grows {2}process \d+/)
})

it('names code whose objects stay where nothing but the heap grows', async () => {
  const report = await watch(await startProgram('heap'), SHORT)
  expect(report).toMatchObject({ verdict: 'grows', rises: [] })
  expect(report.bytesPerSecond.low).toBeGreaterThan(0)
  expect(report.sites[0]?.file).toBe(PROGRAM)
  expect(report.findings.join('\n')).toMatch(/`(deeds\.)?(heap|leakHeap)` .+ leaves .+ per second/)
})

it.each(['nothing', 'busy'])('finds nothing in a program that does %s', async deed => {
  const report = await watch(await startProgram(deed), SHORT)
  expect(report).toMatchObject({ verdict: 'settles', findings: [], rises: [], sites: [], notes: [] })
  expect(report.readings).toHaveLength(11)
})

it('leaves nothing in the program, nor here', async () => {
  const pid = await startProgram('nothing')
  const before = listeningSockets(pid)
  const descriptors = countDescriptors()
  await watch(pid, { ...QUICK, onReading: () => expect(hasInspectorThread(pid)).toBe(true) })
  expect(listeningSockets(pid)).toEqual(before)
  expect(hasInspectorThread(pid)).toBe(false)
  expect(isAlive(pid)).toBe(true)
  await until(() => countDescriptors() <= descriptors)
})

it('can be aborted, and leaves nothing then', async () => {
  const pid = await startProgram('nothing')
  const before = listeningSockets(pid)
  const { signal, abort } = aborting()
  const reason = new Error('enough')
  await expect(watch(pid, { signal, onReading: () => abort(reason) })).rejects.toMatchObject({
    code: 'ABORTED',
    cause: reason,
  })
  expect(listeningSockets(pid)).toEqual(before)
  expect(getEventListeners(signal, 'abort')).toEqual([])
  await expect(watch(pid, { signal })).rejects.toMatchObject({ code: 'ABORTED' })
})

it('can be aborted while the inspector opens, and leaves nothing then', async () => {
  const pid = await startProgram('nothing')
  const before = listeningSockets(pid)
  const { signal, abort } = aborting()
  const watched = watch(pid, { signal })
  abort()
  await expect(watched).rejects.toMatchObject({ code: 'ABORTED' })
  expect(listeningSockets(pid)).toEqual(before)
})

it('leaves nothing when its caller throws', async () => {
  const pid = await startProgram('nothing')
  const before = listeningSockets(pid)
  const error = new Error('of the caller')
  const onReading = (): never => {
    throw error
  }
  await expect(watch(pid, { onReading })).rejects.toBe(error)
  expect(listeningSockets(pid)).toEqual(before)
})

it('keeps an inspector that was there, and ends only what it started', async () => {
  const pid = await startProgram('heap', '--inspect=127.0.0.1:0')
  const before = listeningSockets(pid)
  const report = await watch(pid, SHORT)
  expect(report.verdict).toBe('grows')
  expect(listeningSockets(pid)).toEqual(before)
  expect(hasInspectorThread(pid)).toBe(true)
  const connection = await connectTo(pid, new AbortController())
  await expect(connection.post('HeapProfiler.getSamplingProfile')).rejects.toThrow('was not started')
  expect(await connection.close()).toBe(true)
  expect(hasInspectorThread(pid)).toBe(true)
})

it('lets a program go that ends while it is watched', async () => {
  const child = await start('nothing')
  const ended = once(child, 'exit')
  const watched = watch(pidOf(child), { for: 1e9, every: 1e6, onReading: () => void child.send(7) })
  await expect(watched).rejects.toMatchObject({ code: 'PROCESS_UNREACHABLE' })
  expect(await ended).toEqual([7, null])
})

it('tells no sites where allocations are sampled already, and does not end that', async () => {
  const pid = await startProgram('timer', '--heap-prof', '--heap-prof-dir=/dev/null')
  const report = await watch(pid, SHORT)
  expect(report).toMatchObject({ verdict: 'grows', sites: [], notes: [expect.stringContaining('--heap-prof')] })
  const connection = await connectTo(pid, new AbortController())
  await expect(connection.post('HeapProfiler.getSamplingProfile')).resolves.toBeDefined()
  await connection.close()
})

it('refuses what is no Node, and does not end it', async () => {
  const child = spawn('sleep', ['600'])
  endWithTest(child)
  await expect(watch(pidOf(child))).rejects.toMatchObject({
    code: 'PROCESS_UNREACHABLE',
    message: expect.stringContaining('no Node'),
  })
  expect(isAlive(pidOf(child))).toBe(true)
})

it('refuses what has ended', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  await expect(watch(pidOf(child))).rejects.toMatchObject({ code: 'PROCESS_UNREACHABLE', facts: { pid: child.pid } })
})

it('refuses what is stopped, and does not ask it', async () => {
  const pid = await startProgram('nothing')
  const before = listeningSockets(pid)
  process.kill(pid, 'SIGSTOP')
  await until(() => /^State:\s+T/m.test(statusOf(pid)))
  await expect(watch(pid)).rejects.toMatchObject({ code: 'PROCESS_UNREACHABLE' })
  expect(statusOf(pid)).toMatch(/^ShdPnd:\s+0+$/m)
  process.kill(pid, 'SIGCONT')
  await watch(pid, QUICK)
  expect(listeningSockets(pid)).toEqual(before)
})

it('refuses a Node that opens no inspector', async () => {
  const pid = await startProgram('nothing', '--disable-sigusr1')
  await expect(watch(pid)).rejects.toMatchObject({ code: 'INSPECTOR_MISSING' })
  expect(isAlive(pid)).toBe(true)
})

it('watches its own process', async () => {
  const bus = new EventEmitter().setMaxListeners(0)
  const timer = setInterval(() => bus.on('change', () => {}), 5)
  onTestFinished(() => clearInterval(timer))
  const before = listeningSockets(process.pid)
  const report = await watch(process, SHORT)
  expect(report.pid).toBe(process.pid)
  expect(report.rises).toContainEqual(expect.objectContaining({ counter: 'listeners', of: 'EventEmitter' }))
  expect(listeningSockets(process.pid)).toEqual(before)
})

const PROGRAM = fileURLToPath(new URL('fixtures/program.ts', import.meta.url))
const QUICK = { for: 50, every: 10 }

function aborting(): { signal: AbortSignal; abort: (reason?: unknown) => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: reason => controller.abort(reason) }
}

async function startProgram(deed: string, ...flags: string[]): Promise<number> {
  return pidOf(await start(deed, ...flags))
}

/** Its inspector, when it is asked for one, takes any port: many programs have the default one. */
async function start(deed: string, ...flags: string[]): Promise<ChildProcess> {
  const execArgv = ['--disable-warning=ExperimentalWarning', '--inspect-port=0', ...flags]
  const child = fork(PROGRAM, [deed], { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  endWithTest(child)
  await once(child, 'message')
  return child
}

function endWithTest(child: ChildProcess): void {
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('The process did not start.')
  return pid
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8')
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
