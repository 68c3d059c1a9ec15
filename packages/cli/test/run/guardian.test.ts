import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { newMark } from '@oakum/core/process'
import { lives, pidsWith, sleepers, start, stat, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { startGuardian, type Guardian } from '../../src/run/guardian.ts'

const PROGRAM = fileURLToPath(new URL('../../src/run/guardian.sh', import.meta.url))

/** Every shell of this machine that the guardian has to work in. */
const SHELLS = [['/bin/sh'], ['dash'], ['bash'], ['busybox', 'sh']].filter(
  ([shell = '', applet]) => spawnSync(shell, [...(applet === undefined ? [] : [applet]), '-c', 'exit 0']).status === 0,
)

const NO_PYTHON = spawnSync('python3', ['-c', '']).status !== 0

/** Starts the program itself, since what is tested is the end of its input. */
async function startProgram(mark: string, shell: readonly string[] = ['/bin/sh']): Promise<ChildProcess> {
  const [command = '', ...applet] = shell
  const child = spawn(command, [...applet, PROGRAM, mark], {
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

/** Resolves when the guardian has ended by itself. */
async function endInput(guardian: ChildProcess, ...lines: string[]): Promise<void> {
  const exited = once(guardian, 'exit')
  guardian.stdin?.end(lines.map(line => `${line}\n`).join(''))
  expect(await exited).toEqual([0, null])
}

function startMarked(mark: string, command: string, args: readonly string[]): { pid: number } {
  return start(command, args, { env: { PATH: process.env.PATH, OAKUM_MARKS: mark } })
}

function named(pid: number): string {
  return `${pid}:${stat(pid)?.startTime ?? ''}`
}

describe.each(SHELLS.map(shell => [shell.join(' '), shell] as const))('the guardian in %s', (_, shell) => {
  it('ends what carries the mark, deaf or stopped, and nothing else', async () => {
    const [mark, token] = [newMark(), useToken()]
    const guardian = await startProgram(mark, shell)
    startMarked(mark, 'sleep', [token])
    startMarked(`outer:${mark}:inner`, 'sleep', [token])
    startMarked(mark, 'sh', ['-c', `trap '' TERM HUP INT; sleep ${token} & wait`])
    const stopped = startMarked(mark, 'sleep', [token])
    const others = [`${mark}0`, `0${mark}`, `outer:x${mark}`, mark.toUpperCase()].map(
      other => startMarked(other, 'sleep', [token]).pid,
    )
    await until(() => sleepers(token).length === 8)
    process.kill(stopped.pid, 'SIGSTOP')
    await endInput(guardian)
    expect(new Set(sleepers(token))).toEqual(new Set(others))
  })

  it('does nothing when it is told that all is done', async () => {
    const [mark, token] = [newMark(), useToken()]
    const guardian = await startProgram(mark, shell)
    const { pid } = startMarked(mark, 'sleep', [token])
    await endInput(guardian, 'done')
    expect(lives(pid)).toBe(true)
  })

  it('ends what it was told of, and all below that, without any mark', async () => {
    const token = useToken()
    const guardian = await startProgram(newMark(), shell)
    const tree = start('sh', ['-c', `setsid sleep ${token} & wait`])
    const leader = start('sh', ['-c', `sleep ${token} & exit`])
    await until(() => sleepers(token).length === 2 && stat(leader.pid) === undefined)
    const group = sleepers(token).find(pid => stat(pid)?.pgid === leader.pid)
    expect(group).toBeDefined()
    await endInput(guardian, `tree ${named(tree.pid)}`, `group ${leader.pid}:1`)
    expect(sleepers(token)).toEqual([])
  })

  it('spares what is kept and all below it, what is older, and a pid that was reused', async () => {
    const [mark, token] = [newMark(), useToken()]
    const older = startMarked(mark, 'sleep', [token])
    await until(() => sleepers(token).length === 1)
    await new Promise(resolve => setTimeout(resolve, 30)) // start times have ticks of 10 ms
    const guardian = await startProgram(mark, shell)
    const kept = startMarked(mark, 'sh', ['-c', `sleep ${token} & wait`])
    const reused = start('sleep', [token])
    await until(() => sleepers(token).length === 3)
    await endInput(guardian, `keep ${named(kept.pid)}`, `tree ${reused.pid}:1 ${named(older.pid)}`)
    expect([older, kept, reused].map(({ pid }) => lives(pid))).toEqual([true, true, true])
    expect(sleepers(token)).toHaveLength(3)
  })

  it('spares what was below something kept, also when that has gone since', async () => {
    const [mark, token] = [newMark(), useToken()]
    const guardian = await startProgram(mark, shell)
    const kept = startMarked(mark, 'sh', ['-c', `sleep ${token} & wait`])
    // Deaf to SIGTERM, so that the guardian looks again for a second; says when it has looked for the first time.
    const deaf = spawn('sh', ['-c', `trap 'echo asked' TERM; echo ready; while :; do sleep 0.01; done; : ${token}`], {
      env: { PATH: process.env.PATH, OAKUM_MARKS: mark },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(deaf.stdout, 'data')
    await until(() => sleepers(token).length === 1)
    deaf.stdout.once('data', () => process.kill(kept.pid, 'SIGKILL'))
    await endInput(guardian, `keep ${named(kept.pid)}`)
    await until(() => !lives(kept.pid))
    expect(pidsWith(token)).toEqual(sleepers(token))
    expect(sleepers(token)).toHaveLength(1)
  })

  it.skipIf(NO_PYTHON)('ends a process whose main thread has ended (needs python3 to make one)', async () => {
    const [mark, token] = [newMark(), useToken()]
    const guardian = await startProgram(mark, shell)
    const program = `import ctypes, threading, time
threading.Thread(target=time.sleep, args=(${token},)).start()
ctypes.CDLL(None).pthread_exit(None)`
    const { pid } = startMarked(mark, 'python3', ['-c', program])
    await until(() => stat(pid)?.state === 'Z')
    // The system shows no environment of such a process, so it is known from earlier looks or by its group.
    await endInput(guardian, `tree ${named(pid)}`)
    await until(() => stat(pid) === undefined)
  })

  it('cannot be talked out of it by signals', async () => {
    const [mark, token] = [newMark(), useToken()]
    const guardian = await startProgram(mark, shell)
    startMarked(mark, 'sleep', [token])
    await until(() => sleepers(token).length === 1)
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGQUIT'] as const) guardian.kill(signal)
    await endInput(guardian)
    expect(sleepers(token)).toEqual([])
  })
})

describe('startGuardian', () => {
  let guardian: Guardian | undefined
  afterEach(() => guardian?.close())

  it('starts it in a session of its own, without a mark, and close() collects it', async () => {
    process.env.OAKUM_MARKS = 'somebodys'
    onTestFinished(() => void delete process.env.OAKUM_MARKS)
    guardian = await startGuardian(newMark())
    const pid = guardian.pid ?? 0
    expect(stat(pid)).toMatchObject({ session: pid, pgid: pid })
    const environment = spawnSync('cat', [`/proc/${pid}/environ`], { encoding: 'utf8' }).stdout
    expect(environment.split('\0').filter(line => !/^(PATH|PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([''])
    await guardian.close()
    expect(stat(pid)).toBeUndefined()
  })

  it('does not mind when somebody killed it', async () => {
    guardian = await startGuardian(newMark())
    const pid = guardian.pid ?? 0
    process.kill(pid, 'SIGKILL')
    await until(() => stat(pid) === undefined)
    guardian.remember([{ pid: 1, startTime: '1', bootId: '' }], [])
    await guardian.close()
  })
})
