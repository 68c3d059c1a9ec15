/**
 * A child process per iteration, whose pipes are closed and whose end is awaited.
 *
 * Looks like a leak: processes, pipes and watchers come and go, and a zombie would be easy to leave.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { LeaktestOptions, Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const scenario: Scenario = async () => {
  const child = spawn('/bin/true', { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.resume()
  child.stderr.resume()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`It exited with ${code}.`)
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
/** Some milliseconds each: by number, so that a slow machine can tell as well. */
export const options: LeaktestOptions = { warmup: 10, iterations: 60 }
