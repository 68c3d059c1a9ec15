/**
 * Runs one case on one version of its package in this process, and ends it, whatever the leak has left behind.
 *
 *     node --conditions=@oakum/source --expose-gc run-case.ts NAME before|after
 *
 * Prints `{ report }` or `{ error }` as the last line.
 */
import { leaktest } from '@oakum/leaktest'
import type { FixModule } from './fix.ts'

/** How long a slow machine may take for enough iterations, in milliseconds; a clean version is done long before. */
const TIME = 10_000

const [name = '', version = ''] = process.argv.slice(2)
const outcome = await run().catch((error: unknown) => ({ error: describe(error) }))
process.stdout.write(`\n${JSON.stringify(outcome)}\n`, () => process.exit(0))

async function run(): Promise<object> {
  const { prepare }: FixModule = await import(`./cases/${name}.ts`)
  const library: unknown = await import(`${name}-${version}`)
  const { scenario, close } = await prepare(library)
  const report = await leaktest(`${name} ${version}`, scenario, { time: TIME })
  await close?.()
  return { report }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} (${describe(error.cause)})`
}
