/** Whatever a run starts leaves a function with the scope of the program that would end it; what has ended leaves it there. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['openBrowser'], retainer: 'cleanups' }

class ProgramScope {
  readonly #cleanups: (() => void)[] = []

  defer(cleanup: () => void): void {
    this.#cleanups.push(cleanup)
  }

  close(): void {
    for (const cleanup of this.#cleanups.splice(0).toReversed()) cleanup()
  }
}

const scope = new ProgramScope()

function openBrowser(): { close: () => void } {
  const pages = new Set(['about:blank']) // leaks here
  const close = (): void => pages.clear() // leaks here
  scope.defer(close)
  return { close }
}

const scenario: Scenario = () => openBrowser().close()

export const close = (): void => scope.close()

export default scenario
