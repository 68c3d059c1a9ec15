/**
 * The ways in which users run leak tests, each with a test file of its own in this folder that asserts one case of the corpus.
 *
 * Each is started as docs/leaktest.md says, in a process of its own, and made to end although something may be left running.
 */
import { join } from 'node:path'
import { resolvePeer } from './peers.ts'

/** How Node runs the case that `OAKUM_CASE` names. */
export interface Runner {
  /** The arguments of Node. Throws when the runner is not installed. */
  readonly args: () => readonly string[]
  /** Whether the report is the last line of its output; otherwise it is told by `load-case.ts`. */
  readonly prints?: true
}

const QUIET = '--disable-warning=ExperimentalWarning'
const SOURCE = '--conditions=@oakum/source'
const ROOT = join(import.meta.dirname, '../../../..')

export const RUNNERS = {
  'vitest-forks': { args: () => vitest('--pool=forks', '--execArgv=--expose-gc', `--execArgv=${QUIET}`) },
  // Threads are started without flags of V8: those of their process go for them.
  'vitest-threads': { args: () => ['--expose-gc', QUIET, ...vitest('--pool=threads')] },
  jest: { args: jest },
  'node-test': {
    args: () => [
      '--expose-gc',
      SOURCE,
      QUIET,
      '--test',
      '--test-force-exit',
      join(import.meta.dirname, 'case.node-test.ts'),
    ],
  },
  cli: {
    args: () => [
      SOURCE,
      QUIET,
      join(ROOT, 'packages/cli/src/main.ts'),
      'leaktest',
      join(import.meta.dirname, 'case.leak.ts'),
      '--json',
    ],
    prints: true,
  },
} as const satisfies Record<string, Runner>

export type RunnerName = keyof typeof RUNNERS

export function isRunnerName(name: string): name is RunnerName {
  return Object.hasOwn(RUNNERS, name)
}

function vitest(...options: readonly string[]): string[] {
  const folder = join(import.meta.dirname, 'vitest')
  const program = join(ROOT, 'node_modules/vitest/vitest.mjs')
  return [program, 'run', '--root', folder, '--configLoader=native', ...options]
}

function jest(): string[] {
  const folder = join(import.meta.dirname, 'jest')
  return [
    '--expose-gc',
    QUIET,
    '--experimental-vm-modules',
    resolvePeer('jest/bin/jest'),
    `--config=${join(folder, 'jest.config.json')}`,
    `--cacheDirectory=${join(ROOT, 'node_modules/.cache/jest-corpus')}`,
    '--forceExit',
  ]
}
