/**
 * Git worktrees below the roots that an agent declared.
 *
 * Invariants:
 * - Removed by git itself, and only when nothing would be lost: nothing is modified, nothing is untracked, and its commits
 *   are on a branch or below a tag. Else kept.
 * - Its branch and commits stay: they belong to the repository.
 * - The worktree's own configuration runs nothing: hooks and the file-system monitor are switched off.
 */
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { aborted } from '../../errors/abort.ts'
import { OakumError } from '../../errors/error.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import { checkFile, identifyFile, readFileIdentity } from './file-identity.ts'
import type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimer.ts'

const execute = promisify(execFile)

/** What outlives a worktree; it has some of its own below refs/bisect and the like. */
const REFERENCES = ['refs/heads', 'refs/tags', 'refs/remotes']

/** @throws OakumError PATH_OUTSIDE_ROOTS, INVALID_OPTION */
export async function describeWorktree(path: string, roots: readonly string[]): Promise<ResourceInput> {
  const { stats: _, ...identity } = await identifyFile(path, roots)
  // A linked worktree has a file `.git` that names its folder inside the repository's `.git/worktrees`.
  const link = await readFile(join(identity.path, '.git'), 'utf8').catch(() => '')
  const gitFolder = /^gitdir: (?<path>.+)$/m.exec(link)?.groups?.['path']
  if (gitFolder === undefined) {
    throw new OakumError('INVALID_OPTION', `${path} is not a linked git worktree.`, { facts: { path } })
  }
  return { kind: 'worktree', key: identity.path, data: { ...identity, repository: dirname(dirname(gitFolder)) } }
}

export const worktreeReclaimer: Reclaimer = { kind: 'worktree', reclaim: reclaimWorktree }

async function reclaimWorktree(resource: OwnedResource, { signal }: ReclaimContext): Promise<ReclaimOutcome> {
  const identity = readFileIdentity(resource)
  const { repository } = resource.data
  const check = await checkFile(identity)
  if (check.state === 'gone') return 'gone'
  if (check.state === 'other') return { kept: check.why }
  if (typeof repository !== 'string') return { kept: 'its record names no repository' }
  const changes = await git(identity.path, ['status', '--porcelain', '--untracked-files=all'], signal)
  if (changes !== '') return { kept: `${changes.split('\n').length} of its files modified or untracked` }
  if (!(await isOnBranch(identity.path, signal))) return { kept: 'its commits are on no branch' }
  try {
    await git(repository, ['worktree', 'remove', identity.path], signal)
    return 'released'
  } catch (error) {
    const why = whyGitKeeps(error)
    if (why === undefined) throw error
    return { kept: why }
  }
}

/** What trying again would not change. */
function whyGitKeeps(error: unknown): string | undefined {
  const text = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
  if (text.includes('locked working tree')) return 'it is locked in git'
  return text.includes('containing submodules') ? 'git removes no worktree with submodules' : undefined
}

/** Whether its commits stay without it: with a detached head only what some reference leads to does. */
async function isOnBranch(worktree: string, signal: AbortSignal): Promise<boolean> {
  if ((await git(worktree, ['branch', '--show-current'], signal)) !== '') return true
  return (await git(worktree, ['for-each-ref', '--count=1', '--contains=HEAD', ...REFERENCES], signal)) !== ''
}

async function git(folder: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const safe = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false']
  try {
    const { stdout } = await execute('git', ['-C', folder, ...safe, ...args], { signal, env: environment() })
    return stdout.trim()
  } catch (cause) {
    if (signal.aborted) throw aborted(signal)
    throw new OakumError('RESOURCE_REFUSED', `git ${args[0]} failed in ${folder}.`, { cause, facts: { folder, args } })
  }
}

/** Without variables that point git at another repository, and with messages that can be read. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return { ...Object.fromEntries(entries), GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
}
