/**
 * Each run follows the fleet's bus with a closure of its own and never takes it off again: the bus keeps every closure, and
 * each closure keeps its run.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['follow'], retainer: 'listeners', counter: 'listeners' }

const fleet = new EventEmitter().setMaxListeners(0)

class Run {
  readonly items: string[] = []
  stopped = false

  follow(bus: EventEmitter): void {
    bus.on('stop', () => (this.stopped = true)) // leaks here
  }

  finish(): number {
    return this.items.push('done')
  }
}

const scenario: Scenario = () => {
  const run = new Run()
  run.follow(fleet)
  run.finish()
}

export default scenario
