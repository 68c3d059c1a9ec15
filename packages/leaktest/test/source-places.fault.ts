import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

it('a site is where it was written in a context of its own, too', async () => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const file = join(import.meta.dirname, 'source-places.leak.ts')
  const args = [
    vitest,
    'run',
    '--root',
    ROOT,
    '--project',
    'leak',
    '--pool',
    'vmForks',
    '-t',
    'under vitest.*where it was written',
    file,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: 500_000,
    env: { ...process.env, NO_COLOR: '1' },
  })
  expect(stdout).toMatch(/Tests\s+1 passed/)
})
