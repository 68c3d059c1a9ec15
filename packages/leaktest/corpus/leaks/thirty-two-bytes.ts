/**
 * A stack of call frames as a linked list: a frame is an object with one field, exactly 32 bytes. Leaving early by a failure
 * skips the pop.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['enter', 'CallFrame'], retainer: 'below' }

class CallFrame {
  readonly below: CallFrame | undefined

  constructor(below: CallFrame | undefined) {
    this.below = below
  }
}

let top: CallFrame | undefined

function enter(succeeds: boolean): boolean {
  top = new CallFrame(top) // leaks here
  if (!succeeds) return false
  top = top.below
  return true
}

const scenario: Scenario = () => enter(true) && enter(false)

export default scenario
