import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFile, writeFile, type ReadFileOptions } from '../../../src/agent/index.ts'
import { DEFAULT_LIMITS } from '../../../src/agent/limits.ts'
import { answerText } from '../../../src/agent/tools/answer-text.ts'
import { Scope } from '../../../src/scope/index.ts'
import { call } from './calling.ts'
import { useFolder } from './folders.ts'

let root: string
let scope: Scope

beforeEach(() => {
  root = useFolder()
  scope = new Scope('call')
})

afterEach(async () => {
  await scope.close()
})

/** What the tool answers about a file with that content. */
async function read(content: string, args: object = {}, options: Partial<ReadFileOptions> = {}): Promise<string> {
  writeFileSync(join(root, 'file.txt'), content)
  return await call(readFile({ roots: [root], ...options }), { path: 'file.txt', ...args }, scope)
}

test('a file is read as it is', async () => {
  for (const content of ['', 'é\n', 'a\r\nb', '\n\n']) expect(await read(content)).toBe(content)
})

test('lines are read from an offset, so many, with how to go on', async () => {
  const lines = 'one\ntwo\nthree\nfour'
  expect(await read(lines, { offset: 2 })).toBe('two\nthree\nfour')
  expect(await read(lines, { offset: 2, limit: 2 })).toBe(
    'two\nthree\n[The file goes on at line 4: read it with offset 4.]',
  )
  expect(await read(lines, { offset: 4, limit: 1 })).toBe('four')
  expect(await read(lines, { offset: 5 })).toBe('[The file has 4 lines.]')
  expect(await read(`${lines}\n`, { offset: 6 })).toBe('[The file has 4 lines.]')
})

test('what is too long is cut between lines, and a line that is too long between characters', async () => {
  const maxBytes = 10
  expect(await read('1234\n6789\n12', {}, { maxBytes })).toBe(
    '1234\n6789\n[The file goes on at line 3: read it with offset 3.]',
  )
  expect(await read('1234\n678901234\n', {}, { maxBytes })).toBe(
    '1234\n[The file goes on at line 2: read it with offset 2.]',
  )
  expect(await read('1234567€€€\n', {}, { maxBytes })).toBe(
    '1234567€\n[Line 1 is longer, and was cut. The file goes on at line 2: read it with offset 2.]',
  )
})

test('a file of many chunks is read in parts that make the whole, each as a loop tells it', async () => {
  const content = Array.from({ length: 30_000 }, (_, line) => `line ${line} é`).join('\n')
  let text = ''
  for (let offset: number | undefined = 1; offset !== undefined;) {
    const part: string = await read(content, { offset })
    expect(answerText(part, { maxBytes: DEFAULT_LIMITS.resultBytes })).toBe(part)
    const more: RegExpExecArray | null = /\[The file goes on at line (\d+): .*\]$/.exec(part)
    text += more === null ? part : part.slice(0, more.index)
    offset = more === null ? undefined : Number(more[1])
  }
  expect(text).toBe(content)
})

test('a file is written with the folders on the way, and nothing else is left', async () => {
  const write = writeFile({ roots: [root] })
  expect(await call(write, { path: 'a/b/c.txt', content: 'é' }, scope)).toBe('Created a/b/c.txt (2 bytes).')
  expect(await call(write, { path: join(root, 'a/b/c.txt'), content: '' }, scope)).toMatch(
    /^Replaced .* \(0 bytes\)\.$/,
  )
  expect(readFileSync(join(root, 'a/b/c.txt'), 'utf8')).toBe('')
  expect(readdirSync(root, { recursive: true })).toEqual(['a', 'a/b', 'a/b/c.txt'])
})

test('a file that is replaced keeps its permissions, and whoever has it open keeps the old one', async () => {
  const path = join(root, 'run.sh')
  writeFileSync(path, 'old')
  chmodSync(path, 0o4751)
  const { ino } = statSync(path)
  await call(writeFile({ roots: [root] }), { path: 'run.sh', content: 'new' }, scope)
  expect((statSync(path).mode & 0o7777).toString(8)).toBe('751')
  expect(statSync(path).ino).not.toBe(ino)
})

test('what cannot be read or written says why, by the path that was given', async () => {
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'file'), '')
  const tool = readFile({ roots: [root] })
  const write = writeFile({ roots: [root], maxBytes: 3 })
  await expect(call(tool, { path: 'no' }, scope)).rejects.toThrow('no: there is no such file or folder.')
  await expect(call(tool, { path: 'file/' }, scope)).rejects.toThrow('file/: it is a folder.')
  await expect(call(write, { path: 'new/', content: '' }, scope)).rejects.toThrow('new/: it is a folder.')
  await expect(call(tool, { path: 'no/such' }, scope)).rejects.toThrow('no/such: there is no such file or folder.')
  await expect(call(tool, { path: 'folder' }, scope)).rejects.toThrow('folder: it is a folder.')
  await expect(call(tool, { path: '.' }, scope)).rejects.toThrow('.: it is a folder.')
  await expect(call(tool, { path: 'file/x' }, scope)).rejects.toThrow(/^file\/x: a part of it/)
  await expect(call(tool, { path: 'x'.repeat(300) }, scope)).rejects.toThrow(/the name is too long\.$/)
  await expect(call(write, { path: 'folder', content: '' }, scope)).rejects.toThrow('folder: it is a folder.')
  await expect(call(write, { path: 'file/x', content: '' }, scope)).rejects.toThrow(/^file\/x: a part of it/)
  await expect(call(write, { path: 'new/big', content: 'four' }, scope)).rejects.toThrow(/4 bytes are more than the 3/)
  expect(existsSync(join(root, 'new'))).toBe(false)
})

test('a write that fails leaves nothing beside the file', async () => {
  const write = writeFile({ roots: [root] })
  await expect(call(write, { path: 'x'.repeat(256), content: 'a' }, scope)).rejects.toMatchObject({
    code: 'FILE_FAILED',
  })
  expect(readdirSync(root)).toEqual([])
})

test('an aborted call reads and writes nothing', async () => {
  const [tool, write] = [readFile({ roots: [root] }), writeFile({ roots: [root] })]
  await scope.close()
  await expect(call(tool, { path: 'x' }, scope)).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
  await expect(call(write, { path: 'x', content: '' }, scope)).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
  expect(readdirSync(root)).toEqual([])
})
