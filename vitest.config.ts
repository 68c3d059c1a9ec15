import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests run against the TypeScript sources (condition `@oakum/source`), so no build is needed before them; programs
// that tests start as child processes run the sources as well, or the built command where that is the subject.
const execArgv = ['--disable-warning=ExperimentalWarning']

// Time limits are there to end what hangs, not to measure: a busy machine takes ten times as long, and is no failure.
// The sources that child processes run are compiled once, and not again by each of them.
// No processor is left free: on a small machine that is half of it.
const shared = {
  pool: 'forks' as const,
  maxWorkers: Math.min(4, availableParallelism()),
  execArgv,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/oakum-compiled') },
}

const source = { ssr: { resolve: { conditions: ['@oakum/source'], externalConditions: ['@oakum/source'] } } }

export default defineConfig({
  test: {
    reporters: process.env.OAKUM_TEST_JSON
      ? ['default', ['json', { outputFile: process.env.OAKUM_TEST_JSON }]]
      : ['default'],
    projects: [
      {
        ...source,
        test: { ...shared, name: 'unit', include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'] },
      },
      {
        ...source,
        test: {
          ...shared,
          name: 'leak',
          include: ['packages/*/test/**/*.leak.ts'],
          execArgv: [...execArgv, '--expose-gc'],
          testTimeout: 600_000,
        },
      },
      {
        ...source,
        test: {
          ...shared,
          name: 'fault',
          include: ['packages/*/test/**/*.fault.ts', 'test/**/*.fault.ts'],
          testTimeout: 600_000,
        },
      },
    ],
  },
})
