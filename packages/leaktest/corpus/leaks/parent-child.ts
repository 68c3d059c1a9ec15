/** Parent and child know each other. A child that ends lets go of its parent, but stays among the parent's children. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['spawn', 'Agent'], retainer: 'children' }

class Agent {
  readonly #children = new Set<Agent>() // leaks here
  #parent: Agent | undefined
  state: 'alive' | 'ended' = 'alive'

  constructor(parent?: Agent) {
    this.#parent = parent
  }

  spawn(): Agent {
    const child = new Agent(this) // leaks here
    this.#children.add(child)
    return child
  }

  end(): void {
    for (const child of this.#children) child.end()
    this.state = 'ended'
    this.#parent = undefined
  }

  get depth(): number {
    return this.#parent === undefined ? 0 : this.#parent.depth + 1
  }
}

const root = new Agent()

const scenario: Scenario = () => root.spawn().spawn().end()

export default scenario
