/** A tool gets a moment to answer, and is then given up on: `unref` lets the program go on and end, but not the child. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['runTool'], retainer: 'ChildProcess', counter: 'children' }

class Tools {
  readonly #children = new Set<ChildProcess>()

  runTool(command: string, ...input: string[]): number | undefined {
    const child = spawn(command, input, { stdio: 'ignore' }) // leaks here
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    child.unref()
    return child.pid
  }

  endAll(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}

const tools = new Tools()

const scenario: Scenario = () => tools.runTool('sleep', '300')

export const options = { warmup: 4, iterations: 48 }

export const close = (): void => tools.endAll()

export default scenario
