import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('fixtures/full-heap.ts', import.meta.url))

/** What a leak test says in a process with a small heap, which must not die of it. */
async function verdictIn(megabytes: number, ...args: string[]): Promise<{ verdict: string; reasons: string[] }> {
  const flags = ['--expose-gc', `--max-old-space-size=${megabytes}`, '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(errors).toBe('')
  return JSON.parse(said)
}

it('a scenario that fills the heap is a leak, and stopped before the process dies', async () => {
  const { verdict, reasons } = await verdictIn(100)
  expect(verdict).toBe('leak')
  expect(reasons.join()).toContain('heap was so full')
})

it('a heap that was full before accuses nobody', async () => {
  const { verdict, reasons } = await verdictIn(150, 'before')
  expect(verdict).toBe('inconclusive')
  expect(reasons.join()).toContain('--max-old-space-size')
})
