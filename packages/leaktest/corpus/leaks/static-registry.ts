/** A class lists all of its instances in a static field, for a debug command, and no instance is ever taken off. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['Workflow', 'runWorkflow'], retainer: 'all' }

class Workflow {
  static readonly all: Workflow[] = []
  readonly steps: string[]
  done = false

  constructor(...steps: string[]) {
    this.steps = steps
    Workflow.all.push(this) // leaks here
  }

  run(): void {
    while (this.steps.length > 0) this.steps.pop()
    this.done = true
  }
}

function runWorkflow(): boolean {
  const workflow = new Workflow('plan', 'build', 'test') // leaks here
  workflow.run()
  return workflow.done
}

const scenario: Scenario = () => runWorkflow()

export default scenario
