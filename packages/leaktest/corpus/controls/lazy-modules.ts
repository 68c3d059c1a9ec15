/**
 * Handlers are imported when first needed, out of a fixed set of 60 modules.
 *
 * Looks like a leak: a module once loaded is never unloaded, and here the last is loaded by the 60th iteration.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Handler {
  readonly handle: (value: number) => number
}

async function handlerOf(kind: number): Promise<Handler> {
  const source = `export const kind = ${kind}; export const handle = value => value + kind`
  return import(`data:text/javascript,${encodeURIComponent(source)}`)
}

const scenario: Scenario = async ({ iteration }) => {
  const { handle } = await handlerOf(iteration % 60)
  return handle(iteration)
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
