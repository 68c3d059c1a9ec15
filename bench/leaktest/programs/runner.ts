/**
 * `runner.ts NAME jest` and `runner.ts NAME vitest`: the options by which test runners report what a test file leaves open.
 *
 * A case that has something to close, a server say, runs without iterations as well; only what is open beyond that is a leak.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { resolvePeer } from '../peers.ts'
import { main } from './main.ts'

const ITERATIONS = 200
const FOLDER = join(import.meta.dirname, '../runners')

/** How a runner is started, and where it says how much is open. */
interface Runner {
  readonly args: () => string[]
  readonly open: RegExp
}

const JEST: Runner = {
  args: () => [
    '--experimental-vm-modules',
    resolvePeer('jest/bin/jest'),
    '--rootDir',
    FOLDER,
    '--config',
    join(FOLDER, 'jest.config.json'),
    '--detectOpenHandles',
    '--forceExit',
  ],
  open: /detected the following (\d+) open handle/,
}

const VITEST: Runner = {
  args: () => [
    join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs'),
    'run',
    '--root',
    FOLDER,
    '--config',
    join(FOLDER, 'vitest.config.ts'),
  ],
  open: /Async Leaks (\d+)/,
}

await main(async ({ corpusCase, load }) => {
  const runner = process.argv[3] === 'jest' ? JEST : VITEST
  const { close } = await load()
  await close?.()
  const open = await countOpen(runner, corpusCase.path, ITERATIONS)
  const own = close === undefined ? 0 : await countOpen(runner, corpusCase.path, 0)
  return { answer: open > own ? 'leak' : 'clean', detail: `${open} open, ${own} without iterations` }
})

async function countOpen({ args, open }: Runner, path: string, iterations: number): Promise<number> {
  const env = { ...process.env, OAKUM_CASE: path, OAKUM_ITERATIONS: String(iterations), NO_COLOR: '1', CI: '1' }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args()], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const output = (await Promise.all([text(child.stdout), text(child.stderr)])).join('\n')
  await exited
  if (!/Tests:?\s+1 passed/.test(output)) throw new Error(output.trim().slice(0, 400))
  return Number(open.exec(output)?.[1] ?? 0)
}
