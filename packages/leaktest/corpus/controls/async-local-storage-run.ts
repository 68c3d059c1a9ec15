/**
 * Each request runs with a store of its own, across awaits and timers.
 *
 * Looks like a leak: every promise and timer made during a request holds its store.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface RequestStore {
  readonly id: number
  readonly notes: string[]
}

const current = new AsyncLocalStorage<RequestStore>()

async function step(name: string): Promise<void> {
  await turn()
  current.getStore()?.notes.push(name)
}

const scenario: Scenario = ({ iteration }) =>
  current.run({ id: iteration, notes: [] }, async () => {
    await Promise.all([step('authenticate'), step('load')])
    await step('render')
    return current.getStore()?.notes.join()
  })

export default scenario
export const expected: Expected = { verdict: 'clean' }
