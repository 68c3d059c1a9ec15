import { spawn, type ChildProcess } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { watch } from '../../src/index.ts'
import { listeningSockets } from '../../src/watch/listening.ts'
import { hasInspectorThread, isAlive } from '../../src/watch/node-process.ts'
import { endProgram, pidOf, startProgram } from './watched-program.ts'

it('leaves nothing in the program, nor here', async () => {
  const pid = await start('nothing')
  const before = listeningSockets(pid)
  const descriptors = countDescriptors()
  await watch(pid, { ...QUICK, onReading: () => expect(hasInspectorThread(pid)).toBe(true) })
  expect(listeningSockets(pid)).toEqual(before)
  expect(hasInspectorThread(pid)).toBe(false)
  expect(isAlive(pid)).toBe(true)
  await until(() => countDescriptors() <= descriptors)
})

it('can be aborted, and leaves nothing then', async () => {
  const pid = await start('nothing')
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
  const pid = await start('nothing')
  const before = listeningSockets(pid)
  const { signal, abort } = aborting()
  const watched = watch(pid, { signal })
  abort()
  await expect(watched).rejects.toMatchObject({ code: 'ABORTED' })
  expect(listeningSockets(pid)).toEqual(before)
})

it('leaves nothing when its caller throws', async () => {
  const pid = await start('nothing')
  const before = listeningSockets(pid)
  const error = new Error('of the caller')
  const onReading = (): never => {
    throw error
  }
  await expect(watch(pid, { onReading })).rejects.toBe(error)
  expect(listeningSockets(pid)).toEqual(before)
})

it('lets a program go that ends while it is watched', async () => {
  const child = endingWithTest(await startProgram('nothing'))
  const ended = once(child, 'exit')
  const watched = watch(pidOf(child), { for: 1e9, every: 1e6, onReading: () => void child.send(7) })
  await expect(watched).rejects.toMatchObject({ code: 'PROCESS_UNREACHABLE' })
  expect(await ended).toEqual([7, null])
})

it('refuses what is no Node, and does not end it', async () => {
  const child = spawn('sleep', ['600'])
  endingWithTest(child)
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
  const pid = await start('nothing')
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
  const pid = await start('nothing', '--disable-sigusr1')
  await expect(watch(pid)).rejects.toMatchObject({ code: 'INSPECTOR_MISSING' })
  expect(isAlive(pid)).toBe(true)
})

it('watches its own process', async () => {
  const program = fileURLToPath(new URL('fixtures/watch-self.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  endingWithTest(child)
  const report: unknown = JSON.parse(await text(child.stdout))
  expect(report).toEqual({
    isOwn: true,
    rises: expect.arrayContaining([expect.objectContaining({ counter: 'listeners', of: 'EventEmitter' })]),
    isUndone: true,
  })
})

const QUICK = { for: 50, every: 10 }

function aborting(): { signal: AbortSignal; abort: (reason?: unknown) => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: reason => controller.abort(reason) }
}

async function start(deed: string, ...flags: string[]): Promise<number> {
  return pidOf(endingWithTest(await startProgram(deed, ...flags)))
}

function endingWithTest(child: ChildProcess): ChildProcess {
  onTestFinished(() => endProgram(child))
  return child
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8')
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
