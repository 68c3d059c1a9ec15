import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Agent, Fleet } from '../../src/fleet/index.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { openFleet, refusal } from './fleets.ts'

let fleet: Fleet
let agent: Agent
let root: string
/** Beside the root, with a file that nobody may lose. */
let outside: string

beforeEach(async () => {
  const folder = temporaryFolder()
  root = join(folder, 'root')
  outside = join(folder, 'outside')
  mkdirSync(join(root, 'work', 'deep'), { recursive: true })
  mkdirSync(outside)
  writeFileSync(join(outside, 'precious'), '')
  writeFileSync(join(root, 'work', 'deep', 'file'), '')
  fleet = await openFleet('memory')
  agent = await fleet.register({ id: 'a', roots: [root] })
})

const precious = (): boolean => existsSync(join(outside, 'precious'))

describe('a directory is refused, and nothing written, when it is', () => {
  const cases: Record<string, () => string> = {
    'the root itself': () => root,
    'above the root by ..': () => `${root}/work/../..`,
    'beside the root by ..': () => `${root}/../outside`,
    'an absolute path elsewhere': () => outside,
    'a name that only begins like the root': () => {
      mkdirSync(`${root}-more`)
      return `${root}-more`
    },
    'a link that leads out': () => {
      symlinkSync(outside, join(root, 'link'))
      return join(root, 'link')
    },
    'below a linked folder that leads out': () => {
      mkdirSync(join(outside, 'inner'))
      symlinkSync(outside, join(root, 'link'))
      return join(root, 'link', 'inner')
    },
  }
  it.each(Object.entries(cases))('%s', async (_what, path) => {
    const directory = path()
    expect(await refusal(() => agent.own('directory', directory))).toBe('PATH_OUTSIDE_ROOTS')
    expect((await fleet.resources(agent)).filter(({ kind }) => kind === 'directory')).toEqual([])
    await agent.release()
    expect(precious()).toBe(true)
  })

  it('no directory, or not there', async () => {
    expect(await refusal(() => agent.own('directory', join(root, 'work/deep/file')))).toBe('INVALID_OPTION')
    expect(await refusal(() => agent.own('directory', join(root, 'nothing')))).toBe('INVALID_OPTION')
  })
})

it('removes a directory with all that is in it, and follows no link', async () => {
  symlinkSync(outside, join(root, 'work', 'link-to-folder'))
  symlinkSync(join(outside, 'precious'), join(root, 'work', 'deep', 'link-to-file'))
  symlinkSync('/nowhere', join(root, 'work', 'dangling'))
  chmodSync(join(root, 'work', 'deep', 'file'), 0o400)
  await agent.own('directory', join(root, 'work'))
  expect(await agent.release()).toEqual({ released: 1, kept: [] })
  expect(readdirSync(root)).toEqual([])
  expect(precious()).toBe(true)
})

it('owns the directory that a link inside the root leads to', async () => {
  symlinkSync(join(root, 'work'), join(root, 'link'))
  await agent.own('directory', join(root, 'link'))
  await agent.release()
  expect(readdirSync(root)).toEqual(['link'])
})

describe('a directory is kept, and said so, when meanwhile', () => {
  const cases: Record<string, { change: () => void; why: string; left: () => string }> = {
    'another one took its place': {
      change: () => {
        renameSync(join(root, 'work'), join(root, 'moved'))
        mkdirSync(join(root, 'work'))
      },
      why: 'it is another file now',
      left: () => join(root, 'work'),
    },
    'another one took its place, and its inode': {
      change: () => {
        rmSync(join(root, 'work'), { recursive: true })
        mkdirSync(join(root, 'work'))
      },
      why: 'it is another file now',
      left: () => join(root, 'work'),
    },
    'a link took its place': {
      change: () => {
        rmSync(join(root, 'work'), { recursive: true })
        symlinkSync(outside, join(root, 'work'))
      },
      why: 'it is a link now',
      left: () => join(root, 'work'),
    },
    'a link took the place of a folder above it': {
      change: () => {
        renameSync(root, `${root}-moved`)
        mkdirSync(join(outside, 'work'))
        symlinkSync(outside, root)
      },
      why: 'a folder above it is a link now',
      left: () => join(outside, 'work'),
    },
  }
  it.each(Object.entries(cases))('%s', async (_what, { change, why, left }) => {
    await agent.own('directory', join(root, 'work'))
    change()
    const { kept } = await agent.release()
    expect(kept).toMatchObject([{ kind: 'directory', why }])
    expect(existsSync(left())).toBe(true)
    expect(precious()).toBe(true)
  })
})

it('follows no link that takes the place of a folder while it is being removed', async () => {
  const folders = Array.from({ length: 40 }, (_, index) => join(root, 'work', `folder-${index}`))
  const aside = (folder: string): string => join(root, folder.slice(-2))
  for (const folder of folders) mkdirSync(folder)
  await agent.own('directory', join(root, 'work'))
  const swap = (folder: string): void => {
    renameSync(folder, aside(folder))
    symlinkSync(outside, folder)
  }
  const swapBack = (folder: string): void => {
    rmSync(folder)
    renameSync(aside(folder), folder)
  }
  const released = new AbortController()
  // A folder that is a link when it is met is left for the next attempt.
  const release = agent
    .release()
    .catch(() => undefined)
    .finally(() => released.abort())
  for (let round = 0; !released.signal.aborted; round++) {
    for (const folder of folders) attempt(() => (round % 2 === 0 ? swap(folder) : swapBack(folder)))
    await new Promise(setImmediate)
  }
  await release
  expect(precious()).toBe(true)
})

/** Others are at the same files. */
function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // It is gone, or was swapped already.
  }
}

it('is content when the directory is gone already', async () => {
  await agent.own('directory', join(root, 'work'))
  rmSync(join(root, 'work'), { recursive: true })
  expect(await agent.release()).toEqual({ released: 0, kept: [] })
})

it('leaves a directory that a living agent owns too, until the last one goes', async () => {
  const second = await fleet.register({ id: 'b', roots: [root] })
  await agent.own('directory', join(root, 'work'))
  await second.own('directory', join(root, 'work'))
  const { kept } = await agent.release()
  expect(kept).toMatchObject([{ kind: 'directory', why: 'another agent owns it too' }])
  expect(existsSync(join(root, 'work'))).toBe(true)
  await second.release()
  expect(existsSync(join(root, 'work'))).toBe(false)
})

describe('a lock file', () => {
  it('is removed when it is still the same, and kept when somebody else took it since', async () => {
    const [mine, theirs] = [join(root, 'mine.lock'), join(root, 'theirs.lock')]
    writeFileSync(mine, '')
    writeFileSync(theirs, '')
    await agent.own('lock', mine)
    await agent.own('lock', theirs)
    writeFileSync(`${theirs}.new`, 'another process')
    renameSync(`${theirs}.new`, theirs)
    const { released, kept } = await agent.release()
    expect(released).toBe(1)
    expect(kept).toMatchObject([{ kind: 'lock', key: theirs, why: 'it is another file now' }])
    expect([existsSync(mine), existsSync(theirs)]).toEqual([false, true])
  })

  it('is kept when it was freed and taken again', async () => {
    const lock = join(root, 'a.lock')
    writeFileSync(lock, '')
    await agent.own('lock', lock)
    rmSync(lock)
    writeFileSync(lock, 'another process')
    expect((await agent.release()).kept).toMatchObject([{ kind: 'lock', why: 'it is another file now' }])
    expect(existsSync(lock)).toBe(true)
  })

  it('is refused outside the roots', async () => {
    expect(await refusal(() => agent.own('lock', join(outside, 'precious')))).toBe('PATH_OUTSIDE_ROOTS')
  })
})
