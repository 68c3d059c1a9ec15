import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const BIN = fileURLToPath(new URL('../../bin/oakum.js', import.meta.url))

/** Runs the entry with code that comes before it. */
function runAfter(code: string): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'oakum-bin-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const before = join(folder, 'before.cjs')
  writeFileSync(before, code)
  return spawnSync(process.execPath, ['--require', before, BIN, '--version'], { encoding: 'utf8' })
}

describe('bin/oakum.js', () => {
  it.each(['20.20.2', '22.17.9'])('says in one line which Node it needs when it is %s', version => {
    const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    const { status, stdout, stderr } = runAfter(code)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(`oakum: needs Node 22.18 or newer, this is ${version} (NODE_TOO_OLD)\n`)
  })

  it('is silent about node:sqlite, and about nothing else', () => {
    const code = `setImmediate(() => {
      require('node:sqlite')
      process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning')
      process.emitWarning('something else', 'ExperimentalWarning')
    })`
    const { stderr } = runAfter(code)
    expect(stderr).not.toContain('SQLite')
    expect(stderr).toContain('something else')
  })
})
