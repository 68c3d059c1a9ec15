/** A generated plugin is written to a file of its own, required, and its file removed; the module stays in the cache of `require`. */
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['loadPlugin'], retainer: '_cache' }

const folder = mkdtempSync(join(tmpdir(), 'oakum-corpus-'))
const require = createRequire(import.meta.url)
let loaded = 0

function loadPlugin(source: string): unknown {
  loaded += 1
  const path = join(folder, `plugin-${loaded}.cjs`)
  writeFileSync(path, source)
  const plugin: unknown = require(path) // leaks here
  unlinkSync(path)
  return plugin
}

const scenario: Scenario = () => loadPlugin(`exports.name = 'greeter'; exports.run = name => 'Hello ' + name`)

export const close = (): void => rmSync(folder, { recursive: true })

export default scenario
