/** A tracer for each run subscribes to a diagnostics channel, which is global by its name, and is dropped without unsubscribing. */
import { channel } from 'node:diagnostics_channel'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['attach'], retainer: '_subscribers' }

const toolCalls = channel('corpus.tool-call')

class RunTracer {
  readonly #spans: unknown[] = []

  attach(): this {
    toolCalls.subscribe(message => this.#spans.push(message)) // leaks here
    return this
  }

  report(): string {
    return `${this.#spans.length} tool calls`
  }
}

const scenario: Scenario = () => new RunTracer().attach().report()

export default scenario
