import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { isOakumError } from '../../src/errors/index.ts'
import { Scope, type OwnedProcess } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { lives, pidsWith, sleepers, stat, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'
import { kindsOf, openScope, quiet, spawnShell, untilLooked } from './spawning.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('nothing of a tree is left when close returns, five times over', async () => {
  for (let round = 0; round < 5; round++) {
    const token = useToken()
    const scope = new Scope('classic')
    await spawnShell(scope, `sleep ${token} & setsid sleep ${token} & nohup sleep ${token} & wait`, token, 3)
    const report = await scope.close()
    expect(pidsWith(token)).toEqual([])
    expect(report).toMatchObject({ released: 1, refused: [] })
  }
})

test('a process tells its pid, its identity, and how it exited', async () => {
  const scope = openScope('exits')
  const failing = scope.spawn('sh', ['-c', 'exit 3'], quiet)
  expect(failing.identity).toMatchObject({ pid: failing.pid })
  expect(await failing.exited).toEqual({ code: 3, signal: null })
  const killed = scope.spawn('sh', ['-c', 'kill -KILL $$'], quiet)
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' })
  await until(() => scope.snapshot().resources.length === 0, { what: 'both left the scope' })
})

test('input and output are those of the child', async () => {
  const scope = openScope('pipes')
  const cat = scope.spawn('cat')
  cat.stdin?.end('hello')
  let text = ''
  for await (const chunk of cat.stdout ?? []) text += String(chunk)
  expect(text).toBe('hello')
  expect(await cat.exited).toEqual({ code: 0, signal: null })
})

test('output that is being read is read to its end, also when close ends the process', async () => {
  const scope = new Scope('last words')
  const script = `trap 'echo bye; exit' TERM; echo hello; while :; do sleep 0.01; done`
  const shell = scope.spawn('sh', ['-c', script], { grace: 60_000 })
  let text = ''
  shell.stdout?.on('data', chunk => (text += String(chunk)))
  await until(() => text === 'hello\n')
  await scope.close()
  expect(text).toBe('hello\nbye\n')
})

test('a command that does not exist or may not be executed is COMMAND_NOT_FOUND, and owns nothing', async () => {
  const scope = openScope('missing')
  const before = process.getActiveResourcesInfo().length
  for (const command of ['oakum-no-such-command', './no/such/file', '/etc/passwd', '/etc']) {
    expect(() => scope.spawn(command)).toThrow(expect.toSatisfy(error => isOakumError(error, 'COMMAND_NOT_FOUND')))
  }
  expect(() => scope.spawn('sh', [], { cwd: '/no/such/folder' })).toThrow(/cwd is no directory/)
  expect(() => scope.spawn('sh', ['a\0b'])).toThrow(expect.toSatisfy(error => isOakumError(error, 'INVALID_OPTION')))
  expect(() => scope.spawn('sh', [], { grace: -1 })).toThrow(expect.toSatisfy(e => isOakumError(e, 'INVALID_OPTION')))
  expect(scope.snapshot().resources).toEqual([])
  await until(() => process.getActiveResourcesInfo().length <= before)
})

test('a closing scope starts nothing', async () => {
  const token = useToken()
  const scope = new Scope('closed')
  scope.spawn('sleep', [token], quiet)
  const closing = scope.close()
  expect(() => scope.spawn('sleep', [token], quiet)).toThrow(expect.toSatisfy(e => isOakumError(e, 'SCOPE_CLOSED')))
  await closing
  expect(sleepers(token)).toEqual([])
})

test('a process that is spawned and closed in the same breath is gone', async () => {
  const token = useToken()
  const scope = new Scope('breath')
  const { exited } = scope.spawn('sleep', [token], quiet)
  expect((await scope.close()).refused).toEqual([])
  expect(await exited).toEqual({ code: null, signal: 'SIGTERM' })
  expect(sleepers(token)).toEqual([])
})

test('what a root leaves behind when it exits stays owned, and goes with the scope', async () => {
  const token = useToken()
  const scope = new Scope('left behind')
  const shell = scope.spawn('sh', ['-c', `sleep ${token} & setsid sleep ${token} & exit 0`], quiet)
  await shell.exited
  await until(() => sleepers(token).length === 2)
  expect(kindsOf(scope.snapshot())).toEqual(['process'])
  await scope.close()
  expect(sleepers(token)).toEqual([])
})

test('with the last of what a root left behind, the process leaves its scope', async () => {
  const token = useToken()
  const scope = openScope('trickle')
  const shell = scope.spawn('sh', ['-c', `setsid sleep ${token} & exit 0`], quiet)
  await shell.exited
  const sleep = await until(() => sleepers(token)[0])
  expect(kindsOf(scope.snapshot())).toEqual(['process'])
  process.kill(sleep)
  await until(() => scope.snapshot().resources.length === 0, { what: 'it leaves the scope' })
})

test('descendants are remembered, so that they are found without mark, parent and group', async () => {
  const token = useToken()
  const scope = new Scope('remembered')
  const script = `env -u OAKUM_MARKS setsid sleep ${token} & wait`
  const shell = await spawnShell(scope, script, token, 1)
  await untilLooked(1)
  process.kill(shell.pid)
  await shell.exited
  expect(sleepers(token)).toHaveLength(1)
  await scope.close()
  expect(sleepers(token)).toEqual([])
})

test('stop ends the tree, reports, and leaves the scope', async () => {
  const token = useToken()
  const scope = openScope('stop')
  const shell = await spawnShell(scope, `setsid sleep ${token} & wait`, token, 1)
  const report = await shell.stop({ zombieWait: 0 })
  expect(report).toMatchObject({ ended: 2, refused: [] })
  expect(scope.snapshot().resources).toEqual([])
  expect(await shell.exited).toEqual({ code: null, signal: 'SIGTERM' })
  expect(await shell.stop({ zombieWait: 0 })).toMatchObject({ ended: 0, refused: [] })
})

test('killSignal is the first signal, and comes once', async () => {
  const token = useToken()
  const scope = openScope('signal')
  const script = `trap 'echo INT; sleep 0.3; exit' INT; trap 'echo TERM; exit' TERM; echo up; while :; do sleep 0.01; done`
  const shell = scope.spawn('sh', ['-c', script, token], { killSignal: 'SIGINT', grace: 60_000 })
  let text = ''
  shell.stdout?.on('data', chunk => (text += String(chunk)))
  await until(() => text === 'up\n')
  void shell.stop()
  await until(() => text.includes('INT'))
  await scope.close()
  expect(text).toBe('up\nINT\n')
})

test('a close shortens an ending that has a long grace', async () => {
  const token = useToken()
  const scope = new Scope('shorten')
  const stubborn = ['-c', `trap '' TERM; sleep ${token} & wait`]
  const shell = scope.spawn('sh', stubborn, { ...quiet, grace: 200 })
  await until(() => sleepers(token).length === 1)
  const stopped = shell.stop({ grace: 600_000 })
  expect((await scope.close()).refused).toEqual([])
  expect(await stopped).toMatchObject({ ended: 2, refused: [] })
  expect(pidsWith(token)).toEqual([])
})

test('a close that has less time than the grace sends SIGKILL all the same', async () => {
  const token = useToken()
  const scope = new Scope('hurry', { closeTimeout: 500 })
  const stubborn = ['-c', `trap '' TERM; sleep ${token} & wait`]
  scope.spawn('sh', stubborn, { ...quiet, grace: 600_000 })
  await until(() => sleepers(token).length === 1)
  await scope.close()
  await until(() => pidsWith(token).length === 0)
})

test('an aborted stop rejects, and the ending goes on', async () => {
  const token = useToken()
  const scope = openScope('aborted stop')
  const shell = await spawnShell(scope, `trap '' TERM; sleep ${token} & wait`, token, 1)
  const controller = new AbortController()
  const stopped = shell.stop({ grace: 300, signal: controller.signal })
  controller.abort()
  await expect(stopped).rejects.toSatisfy(error => isOakumError(error, 'ABORTED'))
  expect(lives(shell.pid)).toBe(true)
  await until(() => pidsWith(token).length === 0)
})

test('many stubborn processes take one grace, not one each', async () => {
  const token = useToken()
  const scope = new Scope('stubborn')
  const grace = 1_000
  for (let i = 0; i < 20; i++) {
    scope.spawn('sh', ['-c', `trap '' TERM; sleep ${token} & wait`], { ...quiet, grace })
  }
  await until(() => sleepers(token).length === 20)
  const report = await scope.close()
  expect(report.refused).toEqual([])
  expect(report.milliseconds).toBeLessThan(20 * grace)
  expect(pidsWith(token)).toEqual([])
})

test('environments of scopes reach their processes, the inner above the outer', async () => {
  vi.stubEnv('OAKUM_MARKS', 'outermost')
  const scope = openScope('outer', { env: { A: 'outer', B: 'outer' } })
  const child = scope.child('inner', { env: { B: 'inner' } })
  const print = ['-c', 'echo "$A $B $C $OAKUM_MARKS"']
  const inherited = child.spawn('sh', print)
  expect(await textOf(inherited)).toBe(`outer inner  outermost:${inherited.mark}\n`)
  const own = child.spawn('sh', print, { env: { B: 'own', C: 'own', PATH: process.env.PATH } })
  expect(await textOf(own)).toBe(`outer own own outermost:${own.mark}\n`)
})

test('by default it leads a group of its own; without, it is in ours, and its tree is found all the same', async () => {
  const token = useToken()
  const scope = new Scope('groups')
  const leader = scope.spawn('sleep', [token], quiet)
  expect(stat(leader.pid)).toMatchObject({ pgid: leader.pid, session: leader.pid })
  const script = `sleep ${token} & setsid sleep ${token} & wait`
  const member = scope.spawn('sh', ['-c', script], { ...quiet, group: false })
  expect(stat(member.pid)?.pgid).toBe(stat(process.pid)?.pgid)
  await until(() => sleepers(token).length === 3)
  await scope.close()
  expect(pidsWith(token)).toEqual([])
})

test('to write to a process that has ended ends nobody else', async () => {
  const onError = vi.fn<(error: unknown) => void>()
  const scope = openScope('broken pipe', { onError })
  const { stdin, exited } = scope.spawn('true', [], { stdio: ['pipe', 'ignore', 'ignore'] })
  await exited
  stdin?.write('x'.repeat(200_000))
  if (stdin && !stdin.closed) await once(stdin, 'close')
  expect(onError).not.toHaveBeenCalled()
})

test('a pipe that somebody outside of the tree holds is closed on our side', async () => {
  const token = useToken()
  // Ends when its child has become a sleep: the pipe between the two closes then.
  const escape = `
    use POSIX;
    pipe my $reader, my $writer;
    if (fork == 0) { %ENV = (); POSIX::setsid(); exec '/bin/sleep', $ARGV[0] }
    close $writer;
    <$reader>;`
  useFakeTime() // so that no look comes in between, by which the child would be remembered
  const scope = new Scope('held pipe')
  const { child, exited } = scope.spawn('perl', ['-e', escape, token])
  await exited
  await scope.close()
  expect(child.stdio.slice(0, 3).map(stream => stream?.destroyed)).toEqual([true, true, true])
  expect(pidsWith(token)).toHaveLength(1)
})

test('a process whose pipe is still open stays owned', async () => {
  const scope = openScope('open pipe')
  const { exited, stdout } = scope.spawn('echo', ['x'.repeat(10_000)])
  stdout?.on('readable', () => {})
  await exited
  await untilLooked(3)
  expect(kindsOf(scope.snapshot())).toEqual(['process'])
  stdout?.removeAllListeners('readable').resume()
  await until(() => scope.snapshot().resources.length === 0)
})

test('100 processes leave no handle, no descriptor and no listener', async () => {
  const scope = new Scope('many')
  const run = async (): Promise<void> => {
    await scope.spawn('true').exited
  }
  // The first process brings what Node keeps for all of them, as the watcher of SIGCHLD.
  await run()
  await until(() => scope.snapshot().resources.length === 0)
  const before = heldByThisProcess()
  for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 10 }, run))
  await until(() => scope.snapshot().resources.length === 0)
  await until(() => heldByThisProcess() <= before, { what: 'all handles and descriptors are closed' })
  expect(process.listenerCount('exit')).toBeLessThan(20)
  await scope.close()
})

async function textOf(child: OwnedProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) text += String(chunk)
  return text
}

function heldByThisProcess(): number {
  return process.getActiveResourcesInfo().length + readdirSync('/proc/self/fd').length
}
