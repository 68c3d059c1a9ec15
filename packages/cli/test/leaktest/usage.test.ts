import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findLeakFiles } from '../../src/leaktest/files.ts'
import { executeHere } from '../support/in-process.ts'

let folder: string

const names = (...words: string[]): string[] => findLeakFiles(words, folder).map(({ name }) => name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oakum-leaktest-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'deep/node_modules'), { recursive: true })
  mkdirSync(join(folder, 'empty'))
  const files = ['a.leak.ts', 'deep/b.leak.mjs', 'deep/c.leak.js', 'deep/node_modules/d.leak.ts', 'e.ts', 'f.leak.tsx']
  for (const file of files) writeFileSync(join(folder, file), 'export default () => {}')
})

describe('the files of oakum leaktest', () => {
  it('are those named, and the leak tests of a folder at any depth', () => {
    expect(names('.')).toEqual(['a.leak.ts', 'deep/b.leak.mjs', 'deep/c.leak.js'])
    expect(names('e.ts', 'deep', 'deep/c.leak.js')).toEqual(['e.ts', 'deep/b.leak.mjs', 'deep/c.leak.js'])
  })

  it('have their whole path as name when they lie elsewhere', () => {
    const file = join(folder, 'e.ts')
    expect(findLeakFiles([file], join(folder, 'deep'))).toEqual([{ path: file, name: file }])
  })
})

describe('oakum leaktest refuses', () => {
  it.each([
    ['no files', [], 'needs FILES'],
    ['a file that is not there', ['none.leak.ts'], 'there is no file or folder none.leak.ts'],
    ['a folder without leak tests', ['empty'], 'empty has no *.leak.ts'],
    ['half an iteration', ['.', '--iterations', '0.5'], '--iterations wants a whole number of at least 1'],
    ['no iterations', ['.', '--iterations', '0'], '--iterations wants a whole number of at least 1'],
    ['no time', ['.', '--time', '0'], '--time has to be longer than nothing'],
    ['a time that is none', ['.', '--time', 'soon'], '--time wants a duration'],
    [
      'a verdict that is none',
      ['.', '--fail-on', 'leak,clean'],
      '--fail-on is of leak, inconclusive, bounded, not "clean"',
    ],
    ['a document below a file', ['.', '--junit', './e.ts/leaks.xml'], '--junit cannot be written to e.ts'],
    ['a folder where a document goes', ['.', '--markdown', './deep'], '--markdown wants a file, and deep is a folder'],
    ['charts in a file', ['.', '--svg', './e.ts'], '--svg cannot be written to e.ts'],
    ['two documents on stdout', ['.', '--json', '--junit', '-'], 'only one of'],
  ])('%s', async (_, args, message) => {
    const words = args.map(word => (/^(?:\.|empty$)/.test(word) ? join(folder, word) : word))
    const { code, stderr } = await executeHere(['leaktest', ...words])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('(USAGE)') })
    expect(stderr.replaceAll(`${folder}/`, '')).toContain(message)
  })

  it('to replace by a baseline what is none', async () => {
    const { code, stderr } = await executeHere(['leaktest', folder, '--save-baseline', join(folder, 'e.ts')])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('(BASELINE_UNREADABLE)') })
  })

  it('a baseline that cannot be read, before anything runs', async () => {
    const { code, stderr } = await executeHere(['leaktest', folder, '--compare-to', join(folder, 'none.json')])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('(BASELINE_UNREADABLE)') })
  })
})
