/**
 * Each workspace promises to tidy up when the process exits, and still does after it was disposed of: `process` keeps its
 * listener, and the listener the workspace.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['Workspace'], retainer: 'listeners', counter: 'listeners' }

process.setMaxListeners(0)

class Workspace {
  readonly #files = new Map<string, string>()

  constructor() {
    process.on('exit', () => this.dispose()) // leaks here
  }

  write(path: string, text: string): void {
    this.#files.set(path, text)
  }

  dispose(): void {
    this.#files.clear()
  }
}

const scenario: Scenario = () => {
  const workspace = new Workspace()
  workspace.write('plan.md', '# Plan')
  workspace.dispose()
}

export default scenario
