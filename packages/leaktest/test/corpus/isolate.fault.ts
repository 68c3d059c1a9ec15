import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { askIsolated, runProgram } from '../../corpus/isolate.ts'

const LIMIT = 60_000
const { signal } = new AbortController()

/** A program that starts another, says its pid, and then does what it is given. */
function program(then: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'oakum-isolate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'program.mjs')
  const start = `import { spawn } from 'node:child_process'
    const child = spawn('sleep', ['600'], { stdio: 'inherit' })
    child.unref()
    console.log(JSON.stringify({ pid: child.pid }))`
  writeFileSync(file, `${start}\n${then}`)
  return [file]
}

/** Also gone is what waits to be collected by its parent. */
function isGone(output: string): boolean {
  const { pid }: { pid: number } = JSON.parse(output)
  return !existsSync(`/proc/${pid}/exe`)
}

it('resolves to what is said, and ends what is left running', async () => {
  const line = await askIsolated(program(''), { limit: LIMIT, signal })
  expect(isGone(line)).toBe(true)
})

it('kills a program that takes too long, and what it has started', async () => {
  const { output, code } = await runProgram(program('setInterval(() => {}, 1_000)'), { limit: 5_000, signal })
  expect(code).toBeNull()
  expect(output === '' || isGone(output)).toBe(true)
})

it('kills it when the signal aborts, also one that has aborted before', async () => {
  const hanging = program('setInterval(() => {}, 1_000)')
  const { code } = await runProgram(hanging, { limit: LIMIT, signal: AbortSignal.abort() })
  expect(code).toBeNull()
  const aborts = AbortSignal.timeout(500)
  expect((await runProgram(hanging, { limit: LIMIT, signal: aborts })).code).toBeNull()
})

it('rejects with what a program says that does not answer', async () => {
  const asked = askIsolated(['-e', 'console.error("no idea"); process.exit(3)'], { limit: LIMIT, signal })
  await expect(asked).rejects.toThrow('no idea')
})
