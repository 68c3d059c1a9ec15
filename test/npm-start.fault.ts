/** `npm start` as a user meets it: npm is the only one who gets the signal, and nothing may be left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { identify, isAlive, type ProcessIdentity, ProcessTable } from '../packages/core/src/process/index.ts'
import { until } from '../packages/core/test/support/until.ts'

it.each(['SIGINT', 'SIGTERM'] as const)('ends with everything it started when only npm gets %s', async signal => {
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void npm.kill('SIGKILL'))
  const started: ProcessIdentity[] = []
  const directories: string[] = []
  for await (const line of createInterface({ input: npm.stdout })) {
    // "agent-05 runs: process 9543, setsid child 9642"
    const [, agent, child] = /process (\d+), setsid child (\d+)/.exec(line) ?? []
    for (const pid of [agent, child]) {
      const identity = pid === undefined ? null : identify(Number(pid))
      if (identity !== null) started.push(identity)
    }
    directories.push(...(line.match(/\/\S+\/agent-\d+/g) ?? []))
    if (line.includes('3 orphans')) break
  }
  expect(started).toHaveLength(20)
  expect(started.filter(isAlive)).toHaveLength(14)
  const below = descendants(npm.pid ?? 0)
  expect(below.length).toBeGreaterThanOrEqual(8)

  npm.kill(signal)
  await once(npm, 'exit')
  expect(npm.exitCode).toBe(0)
  await until(() => [...started, ...below].every(process => !isAlive(process)), { what: 'every process to be gone' })
  expect(directories.length).toBeGreaterThan(0)
  expect(directories.filter(existsSync)).toEqual([])
})

function descendants(pid: number): ProcessIdentity[] {
  const table = ProcessTable.read()
  const found = [...table.childrenOf(pid)]
  for (const row of found) found.push(...table.childrenOf(row.pid))
  return found.map(row => identify(row.pid)).filter(identity => identity !== null)
}
