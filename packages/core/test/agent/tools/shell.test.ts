import { getEventListeners } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { shell } from '../../../src/agent/index.ts'
import { Scope } from '../../../src/scope/index.ts'
import { pidsWith, sleepers, useToken } from '../../support/real-processes.ts'
import { until } from '../../support/until.ts'
import { call, contextOf } from './calling.ts'

let scope: Scope

beforeEach(() => {
  scope = new Scope('call')
})

afterEach(async () => {
  await scope.close()
  vi.unstubAllEnvs()
})

test('output and errors come in the order in which they were written, with the exit code', async () => {
  const command = 'for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 3'
  const expected = 'out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n[exit code 3]'
  expect(await call(shell(), { command }, scope)).toBe(expected)
  await until(() => scope.snapshot().resources.length === 0, { what: 'the process left' })
})

test('a command that prints nothing, one without a line feed, and one that is killed', async () => {
  expect(await call(shell(), { command: 'true' }, scope)).toBe('[exit code 0]')
  expect(await call(shell(), { command: 'printf "é"' }, scope)).toBe('é\n[exit code 0]')
  expect(await call(shell(), { command: 'kill -KILL $$' }, scope)).toBe('[ended by SIGKILL]')
  expect(await call(shell(), { command: 'no-such-command' }, scope)).toMatch(/not found\n\[exit code 127\]$/)
  expect(await call(shell(), { command: 'if' }, scope)).toMatch(/yntax error.*\n\[exit code 2\]$/)
})

test('of long output head and tail are kept, and all of it is read', async () => {
  const command = 'echo begin; head -c 3000000 /dev/zero | tr "\\0" x; echo; echo end'
  const answer = await call(shell({ maxOutput: 20 }), { command }, scope)
  expect(answer).toBe('begin\nxxxx\n… 2999991 bytes left out …\nxxxxx\nend\n[exit code 0]')
})

test('output is said to people as it comes, in whole characters', async () => {
  const said: string[] = []
  const go = join(folder(), 'go')
  const command = `printf 'first \\303'; until [ -e ${go} ]; do sleep 0.01; done; printf '\\251 last'`
  const running = call(shell(), { command }, scope, said)
  await until(() => said.length > 0)
  expect(said).toEqual(['first '])
  writeFileSync(go, '')
  await running
  expect(said.join('')).toBe('first é last')
})

test('what is left in the background is not heard any more, and does not wait for a reader', async () => {
  const said: string[] = []
  const done = join(folder(), 'done')
  const noise = `sh -c 'while [ ! -e ${done}-go ]; do sleep 0.01; done; head -c 3000000 /dev/zero; touch ${done}' &`
  await call(shell(), { command: `${noise} echo over` }, scope, said)
  writeFileSync(`${done}-go`, '')
  await until(() => existsSync(done))
  expect(said).toEqual(['over\n'])
})

test('a time-out ends the whole tree, also one that ignores being asked, and says so', async () => {
  const token = useToken()
  const command = `trap '' TERM; echo begun; setsid sleep ${token} & sleep ${token}`
  const answer = await call(shell({ grace: 50 }), { command, timeout: 300 }, scope)
  // A machine that stalls may not have begun by then.
  expect(answer).toMatch(/^(begun\n)?\[timed out after 300 ms, and was ended with all that it started\]$/)
  expect(pidsWith(token)).toEqual([])
})

test('a command that leaves something in the background is over when it has ended itself', async () => {
  const token = useToken()
  const answer = await call(shell(), { command: `sleep ${token} & setsid sleep ${token} & echo left` }, scope)
  expect(answer).toBe('left\n[exit code 0; what it left in the background ends now]')
  await until(() => sleepers(token).length === 2)
  await scope.close()
  expect(pidsWith(token)).toEqual([])
})

test('an abort rejects at once, says nothing more, and the tree is gone when the scope is closed', async () => {
  const token = useToken()
  const said: string[] = []
  const command = `trap 'echo late; sleep ${token}' TERM; echo begun; nohup setsid sleep ${token} & sleep ${token}`
  const running = call(shell({ grace: 100 }), { command }, scope, said)
  await until(() => sleepers(token).length === 2 && said.length > 0)
  const before = [...said]
  const closing = scope.close()
  await expect(running).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
  expect((await closing).refused).toEqual([])
  expect(pidsWith(token)).toEqual([])
  expect(said).toEqual(before)
  await expect(call(shell(), { command: 'true' }, scope)).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
})

test('a signal of its own ends the call with ABORTED, and leaves no listener on it', async () => {
  const token = useToken()
  const controller = new AbortController()
  const { signal } = controller
  const context = { ...contextOf(scope), signal }
  const tool = shell()
  expect(await tool.execute({ command: 'true' }, context)).toBe('[exit code 0]')
  const running = tool.execute({ command: `sleep ${token}` }, context)
  await until(() => sleepers(token).length === 1)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  controller.abort()
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(tool.execute({ command: 'true' }, context)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('folder and environment are the ones that were given, and there is nothing to read', async () => {
  vi.stubEnv('OAKUM_TEST_OWN', 'own')
  vi.stubEnv('OAKUM_TEST_GONE', 'here')
  scope.env = { OAKUM_TEST_SCOPE: 'scope', OAKUM_TEST_OWN: 'above' }
  const command = 'echo $OAKUM_TEST_OWN $OAKUM_TEST_GONE $OAKUM_TEST_SCOPE $OAKUM_TEST_GIVEN; pwd; cat'
  const cwd = folder()
  const env = { OAKUM_TEST_GIVEN: 'given', OAKUM_TEST_GONE: undefined }
  const inheriting = shell({ cwd, env })
  expect(await call(inheriting, { command }, scope)).toBe(`above scope given\n${cwd}\n[exit code 0]`)
  const bare = shell({ cwd, env: { PATH: process.env.PATH, OAKUM_TEST_GIVEN: 'given' }, inheritEnv: false })
  expect(await call(bare, { command, cwd: '..' }, scope)).toBe(`above scope given\n${join(cwd, '..')}\n[exit code 0]`)
})

test('a folder or a shell that is not there is an error', async () => {
  await expect(call(shell(), { command: 'true', cwd: '/no/such' }, scope)).rejects.toThrow(
    /cwd is no directory: \/no\/such/,
  )
  const missing = shell({ shell: '/no/such/shell' })
  await expect(call(missing, { command: 'true' }, scope)).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' })
})

test('a command that the system would not take says so', async () => {
  const command = `: ${'漢'.repeat(50_000)}`
  await expect(call(shell(), { command }, scope)).rejects.toThrow(
    'The command has 150002 bytes, of which the system takes',
  )
})

test('what the model may ask for is bounded', async () => {
  const tool = shell({ timeout: 5, maxTimeout: 10 })
  await expect(call(tool, { command: 'true', timeout: 11 }, scope)).rejects.toThrow(
    '/timeout must be at most 10, not 11',
  )
  await expect(call(tool, { command: '' }, scope)).rejects.toThrow(/at least 1 characters/)
  await expect(call(tool, { command: 'true', user: 'root' }, scope)).rejects.toThrow(/\/user is not known/)
})

test.each([
  { timeout: -1 },
  { timeout: 0 },
  { timeout: 20, maxTimeout: 10 },
  { maxOutput: 0 },
  { grace: -1 },
  { name: 'a b' },
])('the options %j are refused', options => {
  expect(() => shell(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})

/** A folder that no other test uses. */
function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'oakum-shell-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
