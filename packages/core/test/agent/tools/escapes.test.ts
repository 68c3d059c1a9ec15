/** Paths by which a model may try to reach what it was not given. */
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join, posix, win32 } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { readFile, writeFile } from '../../../src/agent/index.ts'
import { Folder } from '../../../src/agent/tools/files/folder.ts'
import { elementsOf, Roots } from '../../../src/agent/tools/files/roots.ts'
import { isOakumError } from '../../../src/errors/index.ts'
import { Scope } from '../../../src/scope/index.ts'
import { call } from './calling.ts'
import { contentsOf, useFolder } from './folders.ts'

const SECRET = 'the secret'

let base: string
let root: string
let outside: string
let scope: Scope

beforeEach(() => {
  base = useFolder()
  root = join(base, 'root')
  outside = join(base, 'outside')
  for (const folder of [outside, join(base, 'root-too'), join(base, 'ROOT'), join(root, 'sub')]) {
    mkdirSync(folder, { recursive: true })
    if (!folder.startsWith(`${root}/`)) writeFileSync(join(folder, 'secret.txt'), SECRET)
  }
  writeFileSync(join(root, 'real.txt'), 'mine')
  scope = new Scope('call')
})

afterEach(async () => {
  await scope.close()
})

test('20 escapes tried, 20 refused, for reading and for writing', async () => {
  symlinkSync('../outside/secret.txt', join(root, 'link'))
  symlinkSync('../outside/new.txt', join(root, 'dangling'))
  symlinkSync(outside, join(root, 'folder-link'))
  symlinkSync('../../outside', join(root, 'sub', 'deep'))
  symlinkSync('folder-link', join(root, 'chain'))
  symlinkSync('real.txt', join(root, 'inner'))
  symlinkSync('/proc/self/root', join(root, 'proc'))
  symlinkSync('loop', join(root, 'loop'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'fifo')])
  const server = createServer().listen(join(root, 'socket'))
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const before = contentsOf(base)

  const escapes = [
    '../outside/secret.txt',
    'sub/../../outside/secret.txt',
    'sub/../real.txt',
    `${root}/../outside/secret.txt`,
    join(outside, 'secret.txt'),
    join(base, 'root-too', 'secret.txt'),
    join(base, 'ROOT', 'secret.txt'),
    join(base.toUpperCase(), 'root', 'real.txt'),
    '/etc/passwd',
    '/proc/self/environ',
    'link',
    'dangling',
    'folder-link/secret.txt',
    'folder-link/./new/file.txt',
    'sub/deep/secret.txt',
    'chain/secret.txt',
    `proc${outside}/secret.txt`,
    'real.txt\0.png',
    'fifo',
    'socket',
  ]
  expect(await refusals(escapes)).toHaveLength(20)
  expect(await refusals(['inner', 'loop', 'loop/x', '..', 'folder-link', '/dev/null'])).toHaveLength(6)
  expect(contentsOf(base)).toEqual(before)
  expect(readdirSync(outside)).toEqual(['secret.txt'])
})

/** The paths at which both reading and writing was refused for where they lead. */
async function refusals(paths: string[]): Promise<string[]> {
  const refused: string[] = []
  for (const path of paths) {
    const reading = await codeOf(call(readFile({ roots: [root] }), { path }, scope))
    const writing = await codeOf(call(writeFile({ roots: [root] }), { path, content: 'changed' }, scope))
    expect([path, reading, writing]).toEqual([path, 'PATH_OUTSIDE_ROOTS', 'PATH_OUTSIDE_ROOTS'])
    refused.push(path)
  }
  return refused
}

async function codeOf(called: Promise<unknown>): Promise<unknown> {
  try {
    return await called
  } catch (error) {
    return isOakumError(error) ? error.code : error
  }
}

test('a file that has a hard link outside is replaced, and the other one stays as it is', async () => {
  linkSync(join(outside, 'secret.txt'), join(root, 'hard'))
  await call(writeFile({ roots: [root] }), { path: 'hard', content: 'changed' }, scope)
  expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe(SECRET)
  expect(readFileSync(join(root, 'hard'), 'utf8')).toBe('changed')
})

test('a folder that becomes a link again and again while it is used leads nobody out', async () => {
  const read = readFile({ roots: [root] })
  const write = writeFile({ roots: [root] })
  const sub = join(root, 'sub')
  writeFileSync(join(sub, 'secret.txt'), 'mine')
  const before = contentsOf(outside)
  const outcomes: unknown[] = []
  const stop = new AbortController()
  const swap = (async () => {
    const away = join(base, 'away')
    while (!stop.signal.aborted) {
      renameSync(sub, away)
      await turn()
      tryTo(() => symlinkSync(outside, sub))
      await turn()
      // A writer may have made the folder anew meanwhile, and do so again at once.
      while (!tryTo(() => renameSync(away, sub))) rmSync(sub, { recursive: true, force: true })
      await turn()
    }
  })()
  // So often, and until it was met as a link at least once.
  for (let i = 0; i < 150 || !outcomes.flat().includes('PATH_OUTSIDE_ROOTS'); i++) {
    outcomes.push(
      await Promise.all([
        codeOf(call(read, { path: 'sub/secret.txt' }, scope)),
        codeOf(call(write, { path: `sub/new/${i % 3}.txt`, content: 'changed' }, scope)),
      ]),
    )
  }
  stop.abort()
  await swap
  expect(outcomes.flat()).not.toContain(SECRET)
  expect(contentsOf(outside)).toEqual(before)
  expect(readdirSync(outside)).toEqual(['secret.txt'])
})

function tryTo(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}

test('a folder that was moved out of the root is not written in any more', async () => {
  const place = new Roots([root]).locate('sub/file.txt')
  const folder = await Folder.open(place, { create: false })
  await folder.confirm()
  renameSync(join(root, 'sub'), join(outside, 'sub'))
  expect(await codeOf(folder.confirm())).toBe('PATH_OUTSIDE_ROOTS')
  await folder.close()
})

test('a device is not opened', async () => {
  const read = readFile({ roots: ['/dev'] })
  for (const path of ['/dev/zero', 'tty']) expect(await codeOf(call(read, { path }, scope))).toBe('PATH_OUTSIDE_ROOTS')
})

test('a root that is reached by a link itself is fine, by both of its names', async () => {
  const alias = join(base, 'alias')
  symlinkSync(root, alias)
  const read = readFile({ roots: [alias] })
  for (const path of ['real.txt', './/real.txt', join(alias, 'real.txt'), join(root, 'real.txt')]) {
    expect(await call(read, { path }, scope)).toBe('mine')
  }
})

test('several roots are all allowed, and paths start at the first', async () => {
  const read = readFile({ roots: [root, outside] })
  expect(await call(read, { path: join(outside, 'secret.txt') }, scope)).toBe(SECRET)
  expect(await codeOf(call(read, { path: 'secret.txt' }, scope))).toBe('FILE_FAILED')
})

test.each([[[]], [['']], [['/no/such/folder']], [[import.meta.filename]]])('the roots %j are refused', roots => {
  const refused = expect.objectContaining({ code: 'INVALID_OPTION' })
  expect(() => readFile({ roots })).toThrow(refused)
  expect(() => writeFile({ roots })).toThrow(refused)
})

test.each([[{}], [{ roots: '.' }], [{ roots: [undefined] }], [{ roots: null }]])(
  'the options %j are refused',
  given => {
    const refused = expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('roots must') })
    // @ts-expect-error -- as somebody may whose code has no types
    expect(() => readFile(given)).toThrow(refused)
    // @ts-expect-error -- the same
    expect(() => writeFile(given)).toThrow(refused)
  },
)

test.each([
  ['a/b', ['a', 'b'], ['a', 'b']],
  ['../secret', ['..', 'secret'], ['..', 'secret']],
  ['..\\secret', ['..\\secret'], ['..', 'secret']],
  ['a/..\\..\\secret', ['a', '..\\..\\secret'], ['a', '..', '..', 'secret']],
  ['a\\..', ['a\\..'], ['a', '..']],
  ['folder\\', ['folder\\'], ['folder', '']],
  ['/a', ['', 'a'], ['', 'a']],
  ['', [''], ['']],
])('%j has no separator of the platform in any of its elements', (path, onPosix, onWindows) => {
  expect(elementsOf(path, posix.sep)).toEqual(onPosix)
  expect(elementsOf(path, win32.sep)).toEqual(onWindows)
})

test('a backslash is part of a name', async () => {
  writeFileSync(join(root, '..\\odd.txt'), 'odd')
  expect(await call(readFile({ roots: [root] }), { path: '..\\odd.txt' }, scope)).toBe('odd')
})

test('a root that became a link since leads nowhere, and one that is gone is not there', async () => {
  const read = readFile({ roots: [root] })
  renameSync(root, join(base, 'away'))
  expect(await codeOf(call(read, { path: 'real.txt' }, scope))).toBe('FILE_FAILED')
  symlinkSync(outside, root)
  expect(await codeOf(call(read, { path: 'secret.txt' }, scope))).toBe('PATH_OUTSIDE_ROOTS')
})

test('the root of all has no links either', async () => {
  const read = readFile({ roots: ['/'] })
  expect(await call(read, { path: join(root, 'real.txt') }, scope)).toBe('mine')
  for (const path of [
    '/proc/self/status',
    `/proc/${process.pid}/root${join(outside, 'secret.txt')}`,
    `/proc/${process.pid}/cwd/package.json`,
  ]) {
    expect(await codeOf(call(read, { path }, scope))).toBe('PATH_OUTSIDE_ROOTS')
  }
})
