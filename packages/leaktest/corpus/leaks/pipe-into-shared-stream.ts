/**
 * The output of each tool is piped into the one log of the program. A tool that was cancelled never ends its output, so the
 * pipe is never undone: the log keeps the listeners of the pipe, and with them the output.
 */
import { PassThrough, Writable } from 'node:stream'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['runTool'], retainer: 'listeners', counter: 'listeners' }

const log = new Writable({ write: (_chunk, _encoding, done) => done() }).setMaxListeners(0)

function runTool(signal: AbortSignal): boolean {
  const output = new PassThrough() // leaks here
  output.pipe(log, { end: false }) // leaks here
  return signal.aborted
}

const scenario: Scenario = () => runTool(AbortSignal.abort())

export default scenario
