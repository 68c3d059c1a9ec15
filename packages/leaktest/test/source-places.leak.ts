import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { leaktest } from '../src/leaktest.ts'
import type { LeakSite } from '../src/report.ts'

const run = promisify(execFile)
const FIXTURES = join(import.meta.dirname, 'fixtures')
const TSC = join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc')

/** What is compiled away, so that everything below lies in another line of what runs. */
interface Made {
  readonly made: number
}

const held: Made[] = []

function keepOne(): void {
  held.push({ made: held.length })
}

afterEach(() => {
  held.length = 0
})

describe('under vitest, which runs its own version of a file', () => {
  it('a site is where it was written', async () => {
    const site = await siteOfKeepOne()
    expect(site).toMatchObject({ file: import.meta.filename, line: lineOf('function keepOne', import.meta.filename) })
    expect(site.stack[0]).toMatchObject({ file: site.file, line: site.line })
  })

  it('only whoever maps the traces of errors knows it', async () => {
    // oxlint-disable-next-line typescript/unbound-method -- it is put back, not called
    const { prepareStackTrace } = Error
    onTestFinished(() => void (Error.prepareStackTrace = prepareStackTrace))
    Error.prepareStackTrace = () => 'Error: no place'
    expect((await siteOfKeepOne()).line).not.toBe(lineOf('function keepOne', import.meta.filename))
  })
})

describe('in a program that was compiled', () => {
  it('a site is where it was written, with --enable-source-maps', async () => {
    const source = join(FIXTURES, 'compiled.ts')
    const line = lineOf('function keepOne', source)
    const compiled = await compile(source)
    expect(await siteIn(compiled, ['--enable-source-maps'])).toMatchObject({ file: source, line })
    expect(await siteIn(compiled, [])).toMatchObject({ file: compiled, line: lineOf('function keepOne', compiled) })
    expect(lineOf('function keepOne', compiled)).not.toBe(line)
  })

  it('it is where it runs when the map is no map', async () => {
    const compiled = await compile(join(FIXTURES, 'compiled.ts'))
    const map = `data:application/json;base64,${Buffer.from('{"version":').toString('base64')}`
    writeFileSync(compiled, readFileSync(compiled, 'utf8').replace(/data:application\/json;base64,\S+/, map))
    expect(await siteIn(compiled, ['--enable-source-maps'])).toMatchObject({ file: compiled })
  })
})

async function siteOfKeepOne(): Promise<LeakSite> {
  const { sites } = await leaktest('keep', keepOne, { iterations: 200, retainers: false })
  const site = sites.find(one => one.function === 'keepOne')
  if (site === undefined) throw new Error('Of keepOne nothing was found.')
  return site
}

/** Of a function of a compiled module, as a leak test in a process of its own reports it. */
async function siteIn(compiled: string, options: readonly string[]): Promise<LeakSite> {
  const program = join(FIXTURES, 'leaktest-module.ts')
  const node = ['--expose-gc', '--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', ...options]
  const { stdout } = await run(process.execPath, [...node, program, compiled], { timeout: 500_000 })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the program writes
  return JSON.parse(stdout) as LeakSite
}

async function compile(source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'leaktest-compiled-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const options = [
    '--ignoreConfig',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--inlineSourceMap',
    '--types',
    'node',
  ]
  await run(process.execPath, [TSC, ...options, '--outDir', folder, source], { cwd: FIXTURES, timeout: 500_000 })
  return join(folder, 'compiled.js')
}

/** Counted from 1. */
function lineOf(text: string, file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.findIndex(line => line.startsWith(text) || line.startsWith(`export ${text}`)) + 1
}
