import { renameSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  identify,
  isAlive,
  isLocal,
  isZombie,
  sameProcess,
  selfIdentity,
  startedBefore,
} from '../../src/process/index.ts'
import { parseStat } from '../../src/process/platform/linux.ts'
import { childrenOf, start, stat, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'

test('a process has the same identity at every look, and another has another', () => {
  const child = start('sleep', [useToken()])
  const identity = identify(child.pid)
  expect(identity).toEqual(identify(child.pid))
  expect(identity?.pid).toBe(child.pid)
  expect(identity?.bootId).toBe(selfIdentity().bootId)
  expect(identity?.startTime).toMatch(/^\d+$/)
  expect(selfIdentity().pid).toBe(process.pid)
  expect(isAlive(selfIdentity())).toBe(true)
})

test('a pid that nobody has, or that is none, has no identity', async () => {
  const child = start('true', [])
  await until(() => stat(child.pid) === undefined)
  expect(identify(child.pid)).toBeNull()
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31]) expect(identify(pid)).toBeNull()
})

test('a living pid with another start time or boot is not the process', () => {
  const child = start('sleep', [useToken()])
  const identity = identify(child.pid)
  if (!identity) throw new Error('not started')
  expect(isAlive(identity)).toBe(true)
  expect(isAlive({ ...identity, startTime: String(Number(identity.startTime) - 1) })).toBe(false)
  const foreign = { ...identity, bootId: 'another boot' }
  expect([isAlive(foreign), isLocal(foreign), sameProcess(foreign, identity)]).toEqual([false, false, false])
  expect([isLocal(identity), sameProcess({ ...identity }, identity)]).toEqual([true, true])
})

test('a zombie is no living process, and is told apart from one that is gone', async () => {
  // The shell never collects its background child, because it has become a sleep.
  const token = useToken()
  const parent = start('sh', ['-c', `sleep 0.01 & exec sleep ${token}`])
  const zombie = await until(() => childrenOf(parent.pid).find(pid => stat(pid)?.state === 'Z'))
  const identity = identify(zombie)
  if (!identity) throw new Error('no zombie')
  expect([isAlive(identity), isZombie(identity)]).toEqual([false, true])
  process.kill(parent.pid, 'SIGKILL')
  await until(() => !isZombie(identity), { what: 'PID 1 collects the zombie' })
  expect(isAlive(identity)).toBe(false)
})

test('a program whose name holds spaces and parentheses is read right', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oakum-name-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'a) R 1 (b')
  copyFileSync('/bin/sleep', join(folder, 'copy'))
  renameSync(join(folder, 'copy'), program)
  const child = start(program, [useToken()])
  const identity = identify(child.pid)
  if (!identity) throw new Error('not started')
  expect(isAlive(identity)).toBe(true)
  expect(startedBefore(selfIdentity(), identity)).toBe(true)
})

test('a line of /proc/PID/stat is read by position after the last parenthesis', () => {
  const fields = 'S 7 8 9 0 -1 2097152 0 0 0 0 30 12 0 0 20 0 1 0 4711 0 0'
  expect(parseStat(5, `5 (we (ir) d) ${fields}`)).toEqual({
    pid: 5,
    ppid: 7,
    pgid: 8,
    session: 9,
    state: 'running',
    startTime: '4711',
    kernel: true,
    name: 'we (ir) d',
    cpu: 420,
  })
  expect(parseStat(5, `5 (x) ${fields.replace('S', 'Z')}`)?.state).toBe('zombie')
  expect(parseStat(5, `5 (x) ${fields.replace('S', 'Z').replace('20 0 1 0', '20 0 2 0')}`)?.state).toBe('running')
  expect(parseStat(5, `5 (x) ${fields.replace('S', 't')}`)?.state).toBe('stopped')
  expect(parseStat(5, `5 (x) ${fields.replace('S', 'D')}`)?.state).toBe('uninterruptible')
  expect(parseStat(5, '5 (x) S 7')).toBeNull()
  expect(parseStat(5, '')).toBeNull()
})
