/** A span is live until it has ended. A span that failed is marked as failed, but not ended, and stays among the live ones. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['span', 'fail'], retainer: 'live' }

interface Span {
  readonly name: string
  readonly attributes: Record<string, unknown>
  status: 'running' | 'completed' | 'failed'
}

class Tracer {
  readonly #live = new Set<Span>()

  span(name: string): Span {
    const span: Span = { name, attributes: {}, status: 'running' } // leaks here
    this.#live.add(span)
    return span
  }

  end(span: Span): void {
    span.status = 'completed'
    this.#live.delete(span)
  }

  fail(span: Span, reason: string): void {
    span.status = 'failed'
    span.attributes.reason = reason
  }
}

const tracer = new Tracer()

const scenario: Scenario = () => {
  const call = tracer.span('llm.call')
  tracer.fail(tracer.span('tool.call'), 'no such tool')
  tracer.end(call)
}

export default scenario
