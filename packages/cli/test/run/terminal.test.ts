import { spawn, type ChildProcess } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { childrenOf, pidsWith, sleepers, stat, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { leaver, OAKUM, useRuns } from '../support/wrapper.ts'

const CTRL_C = '\u0003'

interface Terminal {
  child: ChildProcess
  screen: () => string
  type: (keys: string) => void
  code: Promise<number | null>
}

/** A terminal of its own, by `script` of util-linux, in which a command runs as its foreground job. */
function openTerminal(command: readonly string[], env: NodeJS.ProcessEnv): Terminal {
  const line = command.map(word => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  const child = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], { env: { ...process.env, ...env } })
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    screen: () => screen,
    type: keys => void child.stdin.write(keys),
    code: new Promise(resolve => child.once('close', code => resolve(code))),
  }
}

describe('oakum run on a terminal', () => {
  it('hands the terminal to the command, stores nothing and passes the exit code on', async () => {
    const runs = await useRuns()
    const script = 'test -t 0 && test -t 1 && test -t 2 && echo on-a-terminal; exit 3'
    const terminal = openTerminal([...OAKUM, 'run', '--', 'sh', '-c', script], { OAKUM_STORE: runs.store })
    expect(await terminal.code).toBe(3)
    expect(terminal.screen()).toContain('on-a-terminal')
    expect(await runs.lines()).toEqual([])
    expect(await runs.agents()).toEqual([])
  })

  it('leaves the command in the foreground group, where it may read', async () => {
    const runs = await useRuns()
    const script = 'echo ask; read answer; echo "got $answer"'
    const terminal = openTerminal([...OAKUM, 'run', '--', 'sh', '-c', script], { OAKUM_STORE: runs.store })
    await until(() => terminal.screen().includes('ask'))
    terminal.type('42\n')
    expect(await terminal.code).toBe(0)
    expect(terminal.screen()).toContain('got 42')
  })

  it('lets the command alone decide what Ctrl-C means', async () => {
    const runs = await useRuns()
    const script = `trap 'echo caught; n=x$n' INT; echo ready; while [ "$n" != xx ]; do sleep 0.05; done; exit 9`
    const terminal = openTerminal([...OAKUM, 'run', '--', 'sh', '-c', script], { OAKUM_STORE: runs.store })
    await until(() => terminal.screen().includes('ready'))
    terminal.type(CTRL_C)
    await until(() => terminal.screen().includes('caught'))
    terminal.type(CTRL_C)
    expect(await terminal.code).toBe(9)
  })

  it('ends with a command that Ctrl-C ends, and takes along what ignores it', async () => {
    const runs = await useRuns()
    const token = useToken()
    const script = `(trap '' INT; exec sleep ${token}) & echo ready; wait`
    const terminal = openTerminal([...OAKUM, 'run', '--', 'sh', '-c', script], { OAKUM_STORE: runs.store })
    await until(() => terminal.screen().includes('ready') && sleepers(token).length === 1)
    terminal.type(CTRL_C)
    expect(await terminal.code).toBe(130)
    expect(sleepers(token)).toEqual([])
  })

  it('stores what is piped although Ctrl-C comes from a terminal', async () => {
    const runs = await useRuns()
    const token = useToken()
    const inner = [...OAKUM, 'run', '--', 'sh', '-c', `echo ready; sleep ${token}; true`]
      .map(word => `'${word}'`)
      .join(' ')
    const terminal = openTerminal(['sh', '-c', `trap "" INT; (trap - INT; ${inner}; echo "code $?" >&2) | cat`], {
      OAKUM_STORE: runs.store,
    })
    await until(() => terminal.screen().includes('ready') && sleepers(token).length === 1)
    terminal.type(CTRL_C)
    await terminal.code
    expect(await runs.lines()).toEqual(['ready'])
    expect(await runs.agents()).toEqual([])
  })

  it('leaves nothing when the terminal is closed', async () => {
    const runs = await useRuns()
    const token = useToken()
    const terminal = openTerminal([...OAKUM, 'run', '--', ...leaver(token)], { OAKUM_STORE: runs.store })
    await until(() => sleepers(token).length === 3)
    terminal.child.kill('SIGKILL')
    await until(() => pidsWith(token).length === 0)
    expect(await runs.agents()).toEqual([])
  })

  it('leaves nothing when oakum itself is killed, not even what is deaf to SIGTERM', async () => {
    const runs = await useRuns()
    const token = useToken()
    const command = leaver(token, `(trap '' TERM HUP; exec sleep ${token}) & wait`)
    const terminal = openTerminal([...OAKUM, 'run', '--', ...command], { OAKUM_STORE: runs.store })
    await until(() => sleepers(token).length === 4)
    const wrapper = await until(() => pidsWith(token).find(pid => stat(pid)?.ppid === terminal.child.pid))
    expect(childrenOf(wrapper).map(pid => stat(pid)?.pgid)).toContain(stat(wrapper)?.pgid)
    process.kill(wrapper, 'SIGKILL')
    await until(() => sleepers(token).length === 0)
    await terminal.code
  })
})
