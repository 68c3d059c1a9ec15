/**
 * A request is given ten minutes, is answered at once, and its timer is not cleared. The timer is not ref'd: no list of active
 * handles shows it, only the heap does.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['request', 'withTimeout'], retainer: 'Timeout' }

const TEN_MINUTES = 600_000

function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`No answer in ${milliseconds} ms`)) // leaks here
    setTimeout(late, milliseconds).unref() // leaks here
    work.then(resolve, reject)
  })
}

async function request(path: string): Promise<string> {
  return await withTimeout(Promise.resolve(`GET ${path}`), TEN_MINUTES)
}

const scenario: Scenario = () => request('/status')

export default scenario
