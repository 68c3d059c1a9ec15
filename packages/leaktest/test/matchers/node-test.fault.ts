import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const FIXTURE = join(import.meta.dirname, 'fixtures/node-test.ts')
const FLAGS = ['--expose-gc', '--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']

it('registers tests in node:test that fail with the report', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, [...FLAGS, '--test-reporter=tap', '--test', FIXTURE], {
    encoding: 'utf8',
    env,
    timeout: 500_000,
  })
  expect(status).toBe(1)
  expect(stdout).toMatch(/^ok 1 - clean$/m)
  expect(stdout).toMatch(/^not ok 2 - leaky$/m)
  expect(stdout).toMatch(/`leaky` \(.*scenarios\.ts:\d+\) leaves/)
  expect(stdout).toMatch(/^not ok 3 - slow$/m)
  expect(stdout).toMatch(/inconclusive {2}slow/)
})
