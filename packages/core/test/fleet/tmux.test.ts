import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Agent, Fleet } from '../../src/fleet/index.ts'
import { describeTmux } from '../../src/fleet/reclaimers/tmux.ts'
import { identify, type ProcessIdentity } from '../../src/process/index.ts'
import { lives, sleepers, start, useToken } from '../support/real-processes.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { needTool } from '../support/tools.ts'
import { until } from '../support/until.ts'
import { openFleet, openUrl, quickCoordinator } from './fleets.ts'

let fleet: Fleet
let agent: Agent
let socket: string

beforeEach(async () => {
  await needTool('tmux')
  fleet = await openFleet('memory')
  agent = await fleet.register({ id: 'a' })
  socket = join(temporaryFolder(), 'socket')
})

/** A private server: nobody's configuration, nobody's sessions. It is ended with the test. */
function tmux(...args: string[]): string {
  return execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

function session(name: string, command: string): void {
  tmux('new-session', '-d', '-s', name, command)
  onTestFinished(() => {
    if (sessions().length > 0) tmux('kill-server')
  })
}

function sessions(): string[] {
  try {
    return tmux('list-sessions', '-F', '#{session_name}').split('\n')
  } catch {
    return []
  }
}

/** Two programs that do not hear the hang-up, one of them in another session of the system. */
const deaf = (token: string): string => `trap '' HUP TERM; setsid sleep ${token} & sleep ${token}`

describe('a tmux session that an agent owned', () => {
  it('is ended with all that runs in it, deaf or not; the server and its other sessions live on', async () => {
    const [token, other] = [useToken(), useToken()]
    session('users', `sleep ${other}`)
    session('mine', deaf(token))
    await until(() => sleepers(token).length === 2)
    await agent.own('tmux', { session: 'mine', socket })
    expect(await agent.release()).toEqual({ released: 1, kept: [] })
    expect(sleepers(token)).toEqual([])
    expect(sessions()).toEqual(['users'])
    expect(sleepers(other)).toHaveLength(1)
  })

  it('may be the last of its server, and the reclaim may be repeated', async () => {
    const token = useToken()
    session('mine', `sleep ${token}`)
    await agent.own('tmux', { session: 'mine', socket })
    const second = await fleet.register({ id: 'b' })
    await second.own('tmux', { session: 'mine', socket })
    expect(await agent.release()).toEqual({
      released: 0,
      kept: [expect.objectContaining({ kind: 'tmux', why: 'another agent owns it too' })],
    })
    expect(await second.release()).toEqual({ released: 1, kept: [] })
    expect(sleepers(token)).toEqual([])
  })

  it('is not taken for gone when the socket of its server was removed; once that is back, it is ended', async () => {
    const token = useToken()
    session('mine', `sleep ${token}`)
    await until(() => sleepers(token).length === 1)
    await agent.own('tmux', { session: 'mine', socket })
    const server = Number(tmux('display-message', '-p', '#{pid}'))
    rmSync(socket)
    session('another', `sleep ${useToken()}`) // of another server, with the same number as the first
    await expect(agent.release()).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' })
    expect((await fleet.get('a'))?.error).toContain(`kill -USR1 ${server}`)
    expect(sleepers(token)).toHaveLength(1)
    tmux('kill-server')
    process.kill(server, 'SIGUSR1')
    await until(() => existsSync(socket))
    const coordinator = quickCoordinator(fleet)
    await until(async () => (await coordinator.sweep(), (await fleet.get('a')) === null))
    expect(sleepers(token)).toEqual([])
  })

  it('is ended under the name that it has now', async () => {
    session('mine', `sleep ${useToken()}`)
    await agent.own('tmux', { session: 'mine', socket })
    tmux('rename-session', '-t', 'mine', 'renamed')
    expect(await agent.release()).toEqual({ released: 1, kept: [] })
    expect(sessions()).toEqual([])
  })

  it('is gone when another session has taken its name', async () => {
    session('users', `sleep ${useToken()}`)
    session('mine', `sleep ${useToken()}`)
    await agent.own('tmux', { session: 'mine', socket })
    tmux('kill-session', '-t', 'mine')
    session('mine', `sleep ${useToken()}`)
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
    expect(sessions().toSorted()).toEqual(['mine', 'users'])
  })

  it('is gone when another server has taken the socket, where ids begin anew', async () => {
    session('mine', `sleep ${useToken()}`)
    await agent.own('tmux', { session: 'mine', socket })
    tmux('kill-server')
    await until(() => sessions().length === 0)
    session('mine', `sleep ${useToken()}`)
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
    expect(sessions()).toEqual(['mine'])
  })

  it('leaves a window that another session shows as well', async () => {
    const token = useToken()
    session('mine', `sleep ${token}`)
    session('users', `sleep ${useToken()}`)
    tmux('link-window', '-s', 'mine:0', '-t', 'users:5')
    await agent.own('tmux', { session: 'mine', socket })
    expect(await agent.release()).toEqual({ released: 1, kept: [] })
    expect(sessions()).toEqual(['users'])
    expect(sleepers(token)).toHaveLength(1)
  })

  it('is kept with all that runs in it when something of that was kept', async () => {
    const token = useToken()
    session('mine', deaf(token))
    const [kept = 0] = await until(() => (sleepers(token).length === 2 ? sleepers(token) : null))
    await agent.own('tmux', { session: 'mine', socket })
    await fleet.keep(kept)
    expect(await agent.release()).toEqual({
      released: 0,
      kept: [expect.objectContaining({ kind: 'tmux', why: `${kept} in it was kept` })],
    })
    expect(sleepers(token)).toHaveLength(2)
    expect(sessions()).toEqual(['mine'])
  })

  it('is kept, and said so, where there is no tmux', async () => {
    session('mine', `sleep ${useToken()}`)
    await agent.own('tmux', { session: 'mine', socket })
    const path = process.env.PATH
    onTestFinished(() => void (process.env.PATH = path))
    process.env.PATH = '/nowhere'
    expect(await agent.release()).toMatchObject({ released: 0, kept: [{ why: 'tmux is not installed here' }] })
    process.env.PATH = path
    expect(sessions()).toEqual(['mine'])
  })

  it('is reclaimed by a coordinator when the agent is dead', async () => {
    const token = useToken()
    session('mine', `sleep ${token}`)
    const url = `sqlite:${temporaryFolder()}`
    const shared = await openUrl(url)
    const { pid } = start('sleep', [useToken()])
    const dead = await shared.register({ id: 'dead', process: await identityOf(pid) })
    await dead.own('tmux', { session: 'mine', socket })
    process.kill(pid, 'SIGKILL')
    await until(() => !lives(pid))
    const coordinator = quickCoordinator(await openUrl(url))
    expect((await coordinator.sweep()).orphans).toMatchObject([{ agentId: 'dead', released: 1 }])
    expect(sleepers(token)).toEqual([])
  })
})

describe('what is no session', () => {
  it.each([
    ['nothing', { session: 'none' }, 'There is no tmux session none to own: there is none.'],
    ['a prefix of its name', { session: 'min' }, 'There is no tmux session min to own: there is none.'],
    ['no name', {}, 'A tmux session is given as { session, socket? }.'],
  ])('cannot be owned: %s', async (_, ref, message) => {
    session('mine', `sleep ${useToken()}`)
    await expect(describeTmux({ socket, ...ref })).rejects.toThrow(message)
  })

  it('cannot be owned: a server that does not run', async () => {
    await expect(agent.own('tmux', { session: 'mine', socket })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

async function identityOf(pid: number): Promise<ProcessIdentity> {
  return until(() => identify(pid))
}
