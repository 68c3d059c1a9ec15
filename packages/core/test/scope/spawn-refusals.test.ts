import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { identify, isAlive } from '../../src/process/index.ts'
import { Scope } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { lives, pidsWith, sleepers, start, stat, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'
import { kindsOf, openScope, quiet, spawnShell } from './spawning.ts'

test('what refuses is named with its pid and why, stays owned, and leaves when it has gone', async () => {
  const token = useToken()
  const scope = new Scope('refuses', { closeTimeout: 300 })
  // A stand-in for a process that SIGKILL does not reach: signals are kept from it.
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => true)
  useFakeTime()
  const shell = scope.spawn('sleep', [token], quiet)
  const closed = scope.close()
  const ended = shell.stop()
  // A process has nine tenths of the time, so that it is known why it refused when the close reports.
  vi.advanceTimersByTime(270)
  expect(await ended).toMatchObject({ ended: 0, refused: [{ why: 'survived' }] })
  await vi.advanceTimersByTimeAsync(30)
  const report = await closed
  vi.useRealTimers()
  kill.mockRestore()
  expect(report.refused).toMatchObject([{ path: `refuses/sleep ${shell.pid}`, kind: 'process' }])
  expect(report.refused[0]?.name).toBe(`sleep ${token} (pid ${shell.pid}, survived)`)
  expect(isAlive(shell.identity)).toBe(true)
  expect(kindsOf(scope.snapshot())).toEqual(['process'])
  process.kill(shell.pid, 'SIGKILL')
  await until(() => scope.snapshot().resources.length === 0)
  expect(identify(shell.pid)).toBeNull()
})

test.each([
  ['its scope', (scope: Scope) => scope.close()],
  ['a scope above', (scope: Scope) => scope.close()],
  ['a task of the scope', (scope: Scope) => scope.task('closes', () => scope.close())],
])('a process that may not be signalled holds no close of %s up to its deadline', async (where, close) => {
  const token = useToken()
  const top = new Scope('denied', { closeTimeout: 600_000 })
  const scope = where === 'a scope above' ? top.child('child').child('grandchild') : top
  const finalized = vi.fn<() => void>()
  top.defer(finalized)
  const sleep = scope.spawn('sleep', [token], { ...quiet, grace: 50 })
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
  })
  const report = await close(top)
  kill.mockRestore()
  expect(report.refused.map(({ name }) => name)).toEqual([`sleep ${token} (pid ${sleep.pid}, EPERM)`])
  expect(finalized).toHaveBeenCalledOnce()
  process.kill(sleep.pid, 'SIGKILL')
  await until(() => scope.snapshot().resources.length === 0)
})

test('a disowned process lives on, is told of with its identity, and can be stopped by hand', async () => {
  const token = useToken()
  const scope = new Scope('disown')
  const onDisown = vi.fn<(resource: unknown) => void>()
  scope.onDisown(onDisown)
  const shell = await spawnShell(scope, `setsid sleep ${token} & wait`, token, 1)
  expect(scope.disown(shell)).toBe(shell)
  expect(onDisown.mock.calls[0]?.[0]).toBe(shell)
  expect((await scope.close()).refused).toEqual([])
  expect(lives(shell.pid)).toBe(true)
  expect(await shell.stop({ zombieWait: 0 })).toMatchObject({ ended: 2, refused: [] })
  expect(pidsWith(token)).toEqual([])
})

test('a process that is disowned while its scope closes is spared', async () => {
  const token = useToken()
  const scope = new Scope('reprieve')
  const shell = await spawnShell(scope, `trap '' TERM; sleep ${token} & wait`, token, 1)
  const closing = scope.close()
  scope.disown(shell)
  expect((await closing).refused).toEqual([])
  expect(await shell.stop({ grace: 0, zombieWait: 0 })).toMatchObject({ ended: 2 })
})

test('a disowned process does not keep its program running', async () => {
  const token = useToken()
  await runFixture('disowns.ts', token)
  expect(sleepers(token)).toHaveLength(1)
})

test('when descriptors run out a spawn fails, and leaves nothing running', async () => {
  const token = useToken()
  const { codes, refused } = JSON.parse(await runFixture('spawns-without-descriptors.ts', token))
  expect(codes).toContain('PROCESS_NOT_STARTED')
  expect(codes).toContain('started')
  expect(codes).toHaveLength(2)
  expect(refused).toEqual([])
  await until(() => sleepers(token).length === 0)
})

test('a stop waits for zombies to be collected, and names those that are not', async () => {
  const token = useToken()
  const scope = openScope('zombies')
  const shell = await spawnShell(scope, `setsid sleep ${token} & wait`, token, 1)
  const sleep = sleepers(token)[0] ?? 0
  const { zombies, milliseconds } = await shell.stop()
  // PID 1 may be quick, slow, or no init at all.
  if (zombies.length === 0) expect(stat(sleep)).toBeUndefined()
  else expect([zombies[0]?.identity.pid, milliseconds >= 2_000]).toEqual([sleep, true])
})

test.each([0, 300])('a close names zombies that nobody collects, having waited %d ms for them', async wait => {
  const token = useToken()
  if (wait === 0) useFakeTime() // without a wait it needs no time to pass
  const scope = new Scope('uncollected')
  const options = wait === 0 ? quiet : { ...quiet, zombieWait: wait }
  const { mark } = scope.child('child').spawn('sleep', [token], options)
  // A parent outside of the tree, which never waits.
  const fork = `if (fork) { sleep 40000 } else { $ENV{OAKUM_MARKS} = '${mark}'; exec 'sleep', '${token}' }`
  const parent = start('perl', ['-e', fork, token])
  const zombie = await until(() => sleepers(token).find(pid => stat(pid)?.ppid === parent.pid))
  const { zombies, refused, milliseconds } = await scope.close()
  expect(refused).toEqual([])
  expect(zombies).toMatchObject([{ identity: { pid: zombie }, ppid: parent.pid }])
  expect(milliseconds).toBeGreaterThanOrEqual(wait)
})

test('a close that leaves no zombies says nothing of them', async () => {
  const scope = new Scope('collected')
  scope.spawn('sleep', [useToken()], quiet)
  expect(await scope.close()).not.toHaveProperty('zombies')
})

/** Runs a program to its end and returns what it printed. */
async function runFixture(name: string, ...args: string[]): Promise<string> {
  const fixture = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
  const flags = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']
  // A low limit makes it quick to run out of descriptors.
  const limited = ['-c', 'ulimit -n 256; exec "$@"', 'sh', process.execPath, ...flags, fixture, ...args]
  const { stdout } = await promisify(execFile)('sh', limited, { timeout: 100_000 })
  return stdout
}
