/**
 * `runner.ts NAME jest` and `runner.ts NAME vitest`: the options by which test runners report what a test file leaves open.
 *
 * A case that has something to close, a server say, runs without iterations as well; only what is open beyond that is a leak.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { resolvePeer } from '../../../packages/leaktest/corpus/runners/peers.ts'
import { main } from './main.ts'

const ITERATIONS = 200
const FOLDER = join(import.meta.dirname, '../runners')

/** How a runner is started, and where it says how much is open. */
interface Runner {
  readonly args: () => string[]
  readonly says: RegExp
  /** The last thing it says; it may then wait for what the case leaves running. */
  readonly ends: RegExp
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
  says: /detected the following (\d+) open handle/,
  // It says what is open after its summary, and is made to exit then.
  ends: /(?!)/,
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
  says: /Async Leaks (\d+)/,
  ends: /Duration /,
}

await main(async ({ corpusCase, load }) => {
  const runner = process.argv[3] === 'jest' ? JEST : VITEST
  const { close } = await load()
  await close?.()
  const left = await countOpen(runner, corpusCase.path, ITERATIONS)
  const own = close === undefined ? 0 : await countOpen(runner, corpusCase.path, 0)
  return { answer: left > own ? 'leak' : 'clean', detail: `${left} open, ${own} without iterations` }
})

async function countOpen({ args, says, ends }: Runner, path: string, iterations: number): Promise<number> {
  const env = { ...process.env, OAKUM_CASE: path, OAKUM_ITERATIONS: String(iterations), NO_COLOR: '1', CI: '1' }
  const directory = await mkdtemp(join(tmpdir(), 'oakum-runner-'))
  // To a file, since a pipe does not end before what the case leaves running.
  const file = await open(join(directory, 'output'), 'w+')
  try {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args()], {
      env,
      stdio: ['ignore', file.fd, file.fd],
    })
    const read = (): Promise<string> => readFile(join(directory, 'output'), 'utf8')
    while (child.exitCode === null && child.signalCode === null && !ends.test(await read())) await sleep(100)
    child.kill('SIGKILL')
    const output = await read()
    if (!/Tests:?\s+1 passed/.test(output)) throw new Error(output.trim().slice(0, 400))
    return Number(says.exec(output)?.[1] ?? 0)
  } finally {
    await file.close()
    await rm(directory, { recursive: true })
  }
}
