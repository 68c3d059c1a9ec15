/**
 * The case whose file `OAKUM_CASE` names, as a test of jest or vitest with their global `test`. With `OAKUM_ITERATIONS=0` it only
 * loads the case, which shows what handles that has of its own.
 *
 * The loop is here, and waits only where the scenario does, since vitest follows what has this file on its stack, and jest what is
 * called by a test before it first waits.
 */
import { pathToFileURL } from 'node:url'
import type { CorpusModule } from '../../../packages/leaktest/corpus/case.ts'

declare const test: (name: string, run: () => Promise<void>, timeout: number) => void

const iterations = Number(process.env['OAKUM_ITERATIONS'])
const { href } = pathToFileURL(process.env['OAKUM_CASE'] ?? '')
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked when the corpus is loaded
const { default: scenario, options } = (await import(/* @vite-ignore */ href)) as CorpusModule

test('leaves nothing open', runs, 30_000)

async function runs(): Promise<void> {
  const count = Math.min(iterations, options?.iterations ?? iterations)
  const until = performance.now() + 3_000
  const context = { fixture: undefined, signal: new AbortController().signal, random: Math.random }
  for (let iteration = 0; iteration < count && performance.now() < until; iteration++) {
    const result = scenario({ ...context, iteration })
    if (isThenable(result)) await result
  }
  await new Promise(resolve => setTimeout(resolve, 500))
  await new Promise(resolve => setImmediate(resolve))
}

/** Also what was made outside of jest's sandbox, where a promise is none of the sandbox's. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
