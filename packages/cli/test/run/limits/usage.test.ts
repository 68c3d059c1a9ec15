import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { needTool } from '../../../../core/test/support/tools.ts'
import { canReadMemory, memoryOf } from '../../../src/run/limits/usage.ts'

const MiB = 1_024 ** 2

/** Fills 100 MiB, and has four children that share it; prints the pids of all five. */
const SHARERS = `import os, signal, sys, time
memory = os.urandom(1 << 20) * 100
pids = [os.getpid()]
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
    pids.append(pid)
print(*pids, flush=True)
sys.stdin.read()
for pid in pids[1:]:
    os.kill(pid, signal.SIGKILL)`

it('counts what several processes share once, but only asks for that when it matters', async () => {
  const child = spawn(await needTool('python3'), ['-c', SHARERS], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    const gone = once(child, 'exit')
    child.stdin.end()
    await gone
  })
  // The first piece of what is said may be less than the line.
  const [line] = await once(createInterface(child.stdout), 'line')
  const pids = String(line).trim().split(' ').map(Number)
  expect(pids).toHaveLength(5)

  const shared = memoryOf(pids, 200 * MiB)
  expect(shared).toBeGreaterThan(100 * MiB)
  expect(shared).toBeLessThan(200 * MiB)
  // Far from the limit the sum of what each of them sees will do; it is never less.
  expect(memoryOf(pids, 10_000 * MiB)).toBeGreaterThan(500 * MiB)
})

it('counts nothing for a process that is gone', () => {
  expect(canReadMemory()).toBe(true)
  expect(memoryOf([2 ** 22 + 1], MiB)).toBe(0)
})
