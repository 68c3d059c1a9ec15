import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import type { Agent, Fleet } from '../../src/fleet/index.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { openFleet, refusal } from './fleets.ts'

let fleet: Fleet
let agent: Agent
let root: string
let repository: string
let worktree: string

function git(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost']
  return execFileSync('git', ['-C', folder, ...identity, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

beforeEach(async () => {
  const folder = temporaryFolder()
  repository = join(folder, 'repository')
  root = join(folder, 'trees')
  worktree = join(root, 'coder-1')
  mkdirSync(repository)
  mkdirSync(root)
  git(repository, 'init', '--quiet', '--initial-branch=main')
  writeFileSync(join(repository, '.gitignore'), 'node_modules\n')
  writeFileSync(join(repository, 'file'), '1')
  git(repository, 'add', '.')
  git(repository, 'commit', '--quiet', '-m', 'first')
  git(repository, 'worktree', 'add', '--quiet', '-b', 'coder-1', worktree)
  fleet = await openFleet('memory')
  agent = await fleet.register({ id: 'a', roots: [root] })
  await agent.own('worktree', worktree)
})

it('removes a clean worktree through git, and leaves its branch', async () => {
  writeFileSync(join(worktree, 'file'), '2')
  git(worktree, 'commit', '--quiet', '--all', '-m', 'second')
  mkdirSync(join(worktree, 'node_modules'))
  writeFileSync(join(worktree, 'node_modules', 'ignored'), '')
  expect(await agent.release()).toEqual({ released: 1, kept: [] })
  expect(existsSync(worktree)).toBe(false)
  expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(1)
  expect(git(repository, 'show', 'coder-1:file')).toBe('2')
})

it.each([
  ['a modified file', (): void => writeFileSync(join(worktree, 'file'), 'changed')],
  ['an untracked file', (): void => writeFileSync(join(worktree, 'new'), '')],
])('keeps one with %s, and says so', async (_what, change) => {
  change()
  const { released, kept } = await agent.release()
  expect(released).toBe(0)
  expect(kept).toMatchObject([{ kind: 'worktree', key: worktree, why: '1 of its files modified or untracked' }])
  expect(existsSync(join(worktree, 'file'))).toBe(true)
  await fleet.flush()
  const [stopped] = await fleet.events.read({ types: ['agent_stopped'] })
  expect(stopped?.data).toMatchObject({ kept: [{ kind: 'worktree', key: worktree }] })
})

it('keeps one whose commits are on no branch, and says so', async () => {
  git(worktree, 'checkout', '--quiet', '--detach')
  writeFileSync(join(worktree, 'file'), '2')
  git(worktree, 'commit', '--quiet', '--all', '-m', 'detached')
  const { kept } = await agent.release()
  expect(kept).toMatchObject([{ kind: 'worktree', key: worktree, why: 'its commits are on no branch' }])
  expect(git(worktree, 'show', 'HEAD:file')).toBe('2')
})

it('keeps one that was locked, at once and not by quarantine', async () => {
  git(repository, 'worktree', 'lock', worktree)
  expect((await agent.release()).kept).toMatchObject([{ kind: 'worktree', key: worktree, why: 'it is locked in git' }])
  expect(existsSync(worktree)).toBe(true)
})

it('removes one that is detached at a commit which a branch or tag keeps', async () => {
  git(worktree, 'checkout', '--quiet', '--detach')
  writeFileSync(join(worktree, 'file'), '2')
  git(worktree, 'commit', '--quiet', '--all', '-m', 'detached')
  git(worktree, 'tag', 'kept')
  expect(await agent.release()).toEqual({ released: 1, kept: [] })
  expect(git(repository, 'show', 'kept:file')).toBe('2')
})

it('refuses what is no linked worktree, or lies outside the roots', async () => {
  mkdirSync(join(root, 'plain'))
  expect(await refusal(() => agent.own('worktree', join(root, 'plain')))).toBe('INVALID_OPTION')
  expect(await refusal(() => agent.own('worktree', repository))).toBe('PATH_OUTSIDE_ROOTS')
})

it('runs no hook of the worktree', async () => {
  const ran = join(root, 'ran')
  git(repository, 'config', 'core.fsmonitor', `sh -c 'touch ${ran}'`)
  await agent.release()
  expect(existsSync(worktree)).toBe(false)
  expect(existsSync(ran)).toBe(false)
})
