/**
 * A run waits for the approval of each step by `once`, and goes on without it when the step needs none. The promise is
 * forgotten; the emitter keeps its listeners, one for the event and one for errors.
 */
import { EventEmitter, once } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['step'], retainer: 'listeners', counter: 'listeners' }

const approvals = new EventEmitter().setMaxListeners(0)

async function step(needsApproval: boolean): Promise<string> {
  const approved = once(approvals, 'approved') // leaks here
  if (needsApproval) await approved
  return 'done'
}

const scenario: Scenario = () => step(false)

export default scenario
