import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import {
  detailsOf,
  identify,
  isListening,
  selfIdentity,
  usageOf,
  variableOf,
  type ProcessIdentity,
} from '../../src/process/index.ts'

/** A shell that reads lines, so that it does what it was told before it says so. */
async function startShell(script: string): Promise<{ identity: ProcessIdentity; end: () => Promise<void> }> {
  const child = spawn('sh', ['-c', `${script}; echo ready; read line`, 'an arg  with spaces'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  onTestFinished(end)
  await once(child.stdout, 'data')
  const identity = identify(child.pid ?? 0)
  if (identity === null) throw new Error('The shell is gone.')
  return { identity, end }
}

test('a process is described word by word, with its age and what it does of SIGTERM', async () => {
  const [deaf, handling] = await Promise.all([startShell(':'), startShell("trap 'exit 3' TERM")])
  const details = detailsOf(handling.identity)
  expect(details?.arguments).toEqual(['sh', '-c', expect.stringContaining('trap'), 'an arg  with spaces'])
  expect(details?.handlesTerm).toBe(true)
  expect(detailsOf(deaf.identity)?.handlesTerm).toBe(false)
  expect(details?.age).toBeGreaterThanOrEqual(0)
  expect(details?.age).toBeLessThan(detailsOf(selfIdentity())?.age ?? 0)
})

test('what a process has open is counted, and follows', () => {
  const before = usageOf(selfIdentity())?.descriptors ?? NaN
  const descriptors = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')]
  expect(usageOf(selfIdentity())?.descriptors).toBe(before + 2)
  for (const descriptor of descriptors) closeSync(descriptor)
  expect(usageOf(selfIdentity())?.threads).toBeGreaterThan(1)
})

test.each([
  ['one address', { port: 0, host: '127.0.0.1' }],
  ['all addresses', { port: 0 }],
  ['a path', { path: `/tmp/oakum-listens-${process.pid}` }],
])('a process listens while it waits for connections at %s', async (_, where) => {
  expect(isListening(selfIdentity())).toBe(false)
  const server = createServer().listen(where)
  await once(server, 'listening')
  expect(isListening(selfIdentity())).toBe(true)
  server.close()
  await once(server, 'close')
  expect(isListening(selfIdentity())).toBe(false)
})

test('a process that waits for no connection does not listen', async () => {
  const { identity } = await startShell(':')
  expect(isListening(identity)).toBe(false)
  expect(isListening({ ...identity, startTime: '1' })).toBeNull()
})

test('a variable is read as the process was started with it', async () => {
  const { identity } = await startShell('PATH=changed')
  expect(variableOf(identity, 'PATH')).toBe(process.env.PATH)
  expect(variableOf(identity, 'PAT')).toBeNull()
})

test('nothing is told of a process that is gone, also when its pid is another’s by now', async () => {
  const { identity, end } = await startShell(':')
  expect(usageOf({ ...identity, startTime: '1' })).toBeNull()
  expect(detailsOf({ ...identity, startTime: '1' })).toBeNull()
  await end()
  expect(usageOf(identity)).toBeNull()
  expect(detailsOf(identity)).toBeNull()
})
