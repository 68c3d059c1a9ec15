import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { isOakumError } from '../../src/errors/index.ts'
import { endTree, identify, newMark, withMark, type EndReport, type ProcessIdentity } from '../../src/process/index.ts'
import { lives, pidsWith, sleepers, start, stat, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'

/** PID 1 of a test machine may be slow to collect; only the tests of zombies wait for it. A busy machine may take its time. */
const quick = { zombieWait: 0, deadline: 100_000 }
/** Longer than a test may take: what ends all the same did so by SIGTERM. */
const patient = { zombieWait: 0, grace: 600_000, deadline: 700_000 }
const run = promisify(execFile)

function identityOf(pid: number): ProcessIdentity {
  const identity = identify(pid)
  if (!identity) throw new Error(`${pid} is gone`)
  return identity
}

/** Starts a shell script under a mark of its own, and waits until so many sleeps of its run. */
async function startTree(script: string, token: string, sleeps: number, mark: string = newMark()) {
  const shell = start('sh', ['-c', script], { env: withMark(process.env, mark) })
  const root = identityOf(shell.pid)
  await until(() => sleepers(token).length === sleeps, { what: `${sleeps} sleeps run` })
  return { root, mark, pid: shell.pid }
}

function whyOf(report: EndReport): Record<number, string> {
  return Object.fromEntries(report.refused.map(({ identity, why }) => [identity.pid, why]))
}

/** Runs a program that calls `endTree` and prints the report. */
async function runFixture(name: string, ...args: string[]): Promise<EndReport> {
  const fixture = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
  const flags = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']
  const { stdout } = await run(process.execPath, [...flags, fixture, ...args])
  return JSON.parse(stdout)
}

test('background, setsid and nohup children all go with the root', async () => {
  const token = useToken()
  const { root, mark } = await startTree(
    `sleep ${token} & setsid sleep ${token} & nohup sleep ${token} & wait`,
    token,
    3,
  )
  const report = await endTree({ root, mark, ...patient })
  expect(pidsWith(token)).toEqual([])
  expect(report).toMatchObject({ ended: 4, refused: [] })
})

test('children that left parent, group and session are found by the mark, also when the root is gone', async () => {
  const token = useToken()
  const mark = newMark()
  // Forked twice: the shell in the middle exits, so the sleep belongs to PID 1, in a session of its own.
  start('sh', ['-c', `(setsid sleep ${token} &) ; true`], { env: withMark(process.env, mark) })
  const sleep = await until(() => sleepers(token)[0])
  await until(() => stat(sleep)?.ppid === 1 && pidsWith(token).length === 1)
  expect(await endTree({ mark, ...quick })).toMatchObject({ ended: 1, refused: [] })
  expect(lives(sleep)).toBe(false)
})

test('without a mark the walk and the group find what they can: a root, its children, its group', async () => {
  const token = useToken()
  const { root } = await startTree(`setsid sleep ${token} & (sleep ${token} &) ; wait`, token, 2)
  await until(() => pidsWith(token).length === 3, { what: 'the shell between has exited' })
  expect(await endTree({ root, ...quick })).toMatchObject({ ended: 3 })
  expect(pidsWith(token)).toEqual([])
})

test('the group of a root that has ended is only believed when somebody vouches for it', async () => {
  const token = useToken()
  const shell = start('sh', ['-c', `sleep ${token} & exit`])
  const root = identityOf(shell.pid)
  const sleep = await until(() => sleepers(token)[0])
  await until(() => !identify(shell.pid))
  expect(await endTree({ root, ...quick })).toMatchObject({ ended: 0 })
  expect(lives(sleep)).toBe(true)
  expect(await endTree({ root, group: root.pid, ...quick })).toMatchObject({ ended: 1 })
  expect(lives(sleep)).toBe(false)
})

test('what an earlier look remembered is found after it was re-parented', async () => {
  const token = useToken()
  const { root, pid } = await startTree(`env -u OAKUM_MARKS setsid sleep ${token} & wait`, token, 1)
  const remembered = sleepers(token).map(identityOf)
  process.kill(pid, 'SIGKILL')
  await until(() => !lives(pid))
  expect(await endTree({ root, ...quick })).toMatchObject({ ended: 0 })
  expect(await endTree({ root, remembered, ...quick })).toMatchObject({ ended: 1 })
  expect(sleepers(token)).toEqual([])
})

test('a member that ignores SIGTERM is killed after the grace, not before', async () => {
  const token = useToken()
  const { root, mark } = await startTree(`trap '' TERM; sleep ${token} & wait`, token, 1)
  const report = await endTree({ root, mark, grace: 200, ...quick })
  expect(report).toMatchObject({ ended: 2, refused: [] })
  expect(report.milliseconds).toBeGreaterThanOrEqual(200)
  expect(pidsWith(token)).toEqual([])
})

test('a member that handles SIGTERM has its time, also for what it starts then', async () => {
  const token = useToken()
  const { root, mark } = await startTree(`trap 'sh -c "sleep 0.4; true"; exit 3' TERM; sleep ${token} & wait`, token, 1)
  const report = await endTree({ root, mark, ...patient })
  expect(report.milliseconds).toBeGreaterThanOrEqual(390)
})

test('with a grace of 0 SIGKILL is the first signal', async () => {
  const token = useToken()
  const { root, mark } = await startTree(`trap '' TERM; sleep ${token} & wait`, token, 1)
  expect(await endTree({ root, mark, grace: 0, ...quick })).toMatchObject({ ended: 2, refused: [] })
})

test.each([400, 0])('a deadline of %d ms shortens the grace, so that SIGKILL is still sent', async deadline => {
  const token = useToken()
  const { root, mark } = await startTree(`trap '' TERM; sleep ${token} & wait`, token, 1)
  await endTree({ root, mark, grace: 600_000, deadline, zombieWait: 0 })
  // SIGKILL may be the last that the call had time for.
  await until(() => pidsWith(token).length === 0)
})

test('a stopped tree is continued, so that SIGTERM can work', async () => {
  const token = useToken()
  const { root, mark, pid } = await startTree(`trap 'exit 7' TERM; sleep ${token} & wait`, token, 1)
  const members = [pid, ...sleepers(token)]
  for (const member of members) process.kill(member, 'SIGSTOP')
  await until(() => members.every(member => stat(member)?.state === 'T'))
  const report = await endTree({ root, mark, ...patient })
  expect(report).toMatchObject({ ended: 2, refused: [] })
})

test('members that are forked while the tree is ended go as well', async () => {
  const token = useToken()
  // Ignores SIGTERM, and forks 400 sleeps, each in a session of its own, while it is being killed.
  const storm = `trap '' TERM; i=0; while [ $i -lt 400 ]; do setsid sleep ${token} & i=$((i+1)); done; wait`
  const mark = newMark()
  const shell = start('sh', ['-c', storm], { env: withMark(process.env, mark) })
  await until(() => sleepers(token).length > 10)
  await endTree({ root: identityOf(shell.pid), mark, grace: 50, ...quick })
  expect(pidsWith(token)).toEqual([])
})

test('a process that forks and exits over and over does not slip through', async () => {
  const token = useToken()
  const mark = newMark()
  const hop = 'use POSIX; for (1..200000) { exit if fork; POSIX::setsid(); select(undef, undef, undef, 0.001) }'
  start('perl', ['-e', hop, token], { env: withMark(process.env, mark) })
  await until(() => pidsWith(token).length > 0)
  const report = await endTree({ mark, grace: 0, ...quick })
  expect(report.refused).toEqual([])
  expect(pidsWith(token)).toEqual([])
})

test('a tree inside a tree goes alone by its own mark, and with the outer one by the outer mark', async () => {
  const token = useToken()
  const outer = newMark()
  const inner = newMark()
  const nested = `OAKUM_MARKS=$OAKUM_MARKS:${inner} setsid sleep ${token} & sleep ${token} & wait`
  const { root } = await startTree(nested, token, 2, outer)
  expect(await endTree({ mark: inner, ...quick })).toMatchObject({ ended: 1 })
  expect(sleepers(token)).toHaveLength(1)
  expect(lives(root.pid)).toBe(true)
  expect(await endTree({ mark: outer.slice(0, 8), ...quick })).toMatchObject({ ended: 0 })
  expect(await endTree({ mark: outer, ...quick })).toMatchObject({ ended: 2 })
  expect(pidsWith(token)).toEqual([])
})

test('a pid that now means another process is never signalled', async () => {
  const token = useToken()
  const { pid } = start('sleep', [token])
  const real = identityOf(pid)
  const reused = { ...real, startTime: String(Number(real.startTime) - 100) }
  const elsewhere = { ...real, bootId: 'another boot' }
  for (const wrong of [reused, elsewhere]) {
    expect(await endTree({ root: wrong, remembered: [wrong], grace: 0, ...quick })).toMatchObject({
      ended: 0,
      refused: [],
    })
  }
  expect(lives(pid)).toBe(true)
})

test('what is kept survives, with everything below it, and the rest goes', async () => {
  const token = useToken()
  const server = `setsid sh -c "sleep ${token} & exec sleep ${token}" &`
  const { root, mark } = await startTree(`${server} sleep ${token} & wait`, token, 3)
  const kept = sleepers(token).find(pid => stat(pid)?.session === pid) ?? 0
  const below = sleepers(token).find(pid => stat(pid)?.ppid === kept) ?? 0
  const report = await endTree({ root, mark, keep: one => one.pid === kept, ...quick })
  expect(new Set(sleepers(token))).toEqual(new Set([kept, below]))
  expect(report.ended).toBe(2)
  expect(whyOf(report)).toEqual({ [kept]: 'kept', [below]: 'below kept' })
  expect(report.refused[0]?.command).toBe(`sleep ${token}`)
})

test('what is older than the agent survives, even when it carries the mark', async () => {
  const token = useToken()
  const mark = newMark()
  const env = withMark(process.env, mark)
  const older = start('sleep', [token], { env })
  // Start times have a resolution of 10 ms.
  const agent = await until(() => {
    const { pid } = start('sleep', [token], { env })
    return Number(identityOf(pid).startTime) > Number(identityOf(older.pid).startTime) ? pid : undefined
  })
  const report = await endTree({ mark, youngerThan: identityOf(agent), ...quick })
  expect([lives(older.pid), lives(agent)]).toEqual([true, false])
  expect(whyOf(report)[older.pid]).toBe('older')
})

test('this process and its ancestors are never signalled, and nothing is reached through them', async () => {
  const token = useToken()
  const bystander = start('sleep', [token])
  const remembered = [identityOf(process.pid), identityOf(process.ppid), identityOf(1)]
  const report = await endTree({ root: identityOf(process.pid), remembered, grace: 0, ...quick })
  expect(report.ended).toBe(0)
  expect(whyOf(report)).toMatchObject({ [process.pid]: 'own', [process.ppid]: 'own' })
  expect(lives(bystander.pid)).toBe(true)
})

test.skipIf(process.getuid?.() !== 0)(
  'what we may not signal is named, and does not hold the call up until its deadline',
  async () => {
    const token = useToken()
    const { pid } = start('sleep', [token])
    const fixture = fileURLToPath(new URL('fixtures/end-as-nobody.ts', import.meta.url))
    const flags = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']
    const { stdout } = await run(process.execPath, [...flags, fixture, String(pid)])
    const ended: EndReport = JSON.parse(stdout)
    expect(ended).toMatchObject({ ended: 0, refused: [{ identity: { pid }, why: 'EPERM', command: `sleep ${token}` }] })
    expect(lives(pid)).toBe(true)
  },
)

test('a zombie whose parent does not collect it is named', async () => {
  const token = useToken()
  const mark = newMark()
  // A parent outside of the tree, which never waits.
  const fork = `if (fork) { sleep 40000 } else { $ENV{OAKUM_MARKS} = '${mark}'; exec 'sleep', '${token}' }`
  const parent = start('perl', ['-e', fork, token])
  const sleep = await until(() => sleepers(token)[0])
  const report = await endTree({ mark, zombieWait: 100 })
  expect(report).toMatchObject({ ended: 1, refused: [] })
  expect(report.zombies).toMatchObject([{ identity: { pid: sleep }, ppid: parent.pid, command: 'sleep' }])
  expect(report.milliseconds).toBeGreaterThanOrEqual(100)
})

test('an aborted call ends with ABORTED and signals nobody any more', async () => {
  const token = useToken()
  const { root, mark } = await startTree(`trap '' TERM; sleep ${token} & wait`, token, 1)
  const controller = new AbortController()
  const kill = process.kill.bind(process)
  const signals: unknown[] = []
  const spy = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    signals.push(signal)
    controller.abort()
    return kill(pid, signal)
  })
  const call = endTree({ root, mark, grace: 300, signal: controller.signal })
  await expect(call).rejects.toSatisfy(error => isOakumError(error, 'ABORTED'))
  await new Promise(resolve => setTimeout(resolve, 400))
  spy.mockRestore()
  expect(new Set(signals)).toEqual(new Set(['SIGTERM']))
  expect(lives(root.pid)).toBe(true)
  await expect(endTree({ root, signal: AbortSignal.abort() })).rejects.toSatisfy(e => isOakumError(e, 'ABORTED'))
})

test('out of file descriptors, nothing living is taken for gone', async () => {
  const { pid } = start('sleep', [useToken()])
  const report = await runFixture('end-without-descriptors.ts', String(pid))
  // Until the fixture freed its descriptors it could not look.
  expect(report).toMatchObject({ ended: 1, refused: [], couldLook: true })
  expect(lives(pid)).toBe(false)
})

test('a hundred trees can be ended at once', async () => {
  const token = useToken()
  const roots = Array.from({ length: 100 }, () => identityOf(start('sleep', [token]).pid))
  const reports = await Promise.all(roots.map(root => endTree({ root, ...quick })))
  expect(reports.every(report => report.ended === 1)).toBe(true)
  expect(sleepers(token)).toEqual([])
})
