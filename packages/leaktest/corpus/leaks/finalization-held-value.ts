/**
 * A registry is to release the lock of a handle that was forgotten. The value it holds for that names the handle itself, so the
 * handle is never collected, and the lock never released.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['acquire'], retainer: 'FinalizationRegistry' }

interface LockHandle {
  readonly path: string
  held: boolean
}

const forgotten = new FinalizationRegistry<{ handle: LockHandle }>(({ handle }) => (handle.held = false))

function acquire(path: string): LockHandle {
  const handle: LockHandle = { path, held: true } // leaks here
  forgotten.register(handle, { handle }) // leaks here
  return handle
}

const scenario: Scenario = () => {
  const lock = acquire('repo.lock')
  lock.held = false
}

export default scenario
