/** `npm start` as a user meets it: npm is the only one who gets the signal, and nothing may be left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import {
  identify,
  isAlive,
  newMark,
  type ProcessIdentity,
  ProcessTable,
  withMark,
} from '../packages/core/src/process/index.ts'
import { until } from '../packages/core/test/support/until.ts'

const root = join(import.meta.dirname, '..')

beforeAll(() => {
  // `npm start` would install anew, and take away the modules that this test, and whatever else runs here, stands on.
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules/.oakum-installed')
  expect(existsSync(stamp) && readFileSync(stamp, 'utf8'), 'run scripts/setup.mjs first').toBe(lock)
})

it.each(['SIGINT', 'SIGTERM'] as const)('ends with everything it started when only npm gets %s', async signal => {
  const mark = newMark()
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: root,
    env: withMark(process.env, mark),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    for (const { pid } of ProcessTable.read().carriersOf(mark)) process.kill(pid, 'SIGKILL')
  })
  const ended = once(npm, 'close')
  let said = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  // Sources that changed are compiled first.
  await until(() => /3 orphans.*\n/.test(said) || npm.exitCode !== null, { timeout: 300_000, what: 'the demo' })
  // "agent-05 runs: process 9543, setsid child 9642"
  const pids = [...said.matchAll(/process (\d+), setsid child (\d+)/g)].flatMap(([, ...both]) => both.map(Number))
  expect(pids, said).toHaveLength(20)
  const living = identities(pids)
  expect(living, said).toHaveLength(14)
  const below = descendants(npm.pid ?? 0)
  expect(below.length).toBeGreaterThanOrEqual(8)

  npm.kill(signal)
  await ended
  expect(npm.exitCode, said).toBe(0)
  await until(() => [...living, ...below].every(process => !isAlive(process)), { what: 'every process to be gone' })
  const directories = said.match(/\/\S+\/agent-\d+/g) ?? []
  expect(directories.length).toBeGreaterThan(0)
  expect(directories.filter(existsSync)).toEqual([])
})

function descendants(pid: number): ProcessIdentity[] {
  const table = ProcessTable.read()
  const found = [...table.childrenOf(pid)]
  for (const row of found) found.push(...table.childrenOf(row.pid))
  return identities(found.map(row => row.pid))
}

/** Of those that live; a zombie does not. */
function identities(pids: readonly number[]): ProcessIdentity[] {
  return pids
    .map(identify)
    .filter(identity => identity !== null)
    .filter(isAlive)
}
