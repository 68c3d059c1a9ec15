/**
 * What a call has cost is filed under an object that names agent and tool. To delete it an equal object is made, but a Map
 * compares objects by identity, so nothing is deleted.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['begin', 'callTool'], retainer: 'running' }

interface Call {
  readonly agent: string
  readonly tool: string
}

class CostMeter {
  readonly #running = new Map<Call, { tokens: number }>()

  begin(call: Call): void {
    this.#running.set(call, { tokens: 0 }) // leaks here
  }

  end(call: Call): boolean {
    return this.#running.delete(call)
  }
}

const meter = new CostMeter()

function callTool(agent: string, tool: string): boolean {
  meter.begin({ agent, tool }) // leaks here
  return meter.end({ agent, tool })
}

const scenario: Scenario = () => callTool('coder-1', 'grep')

export default scenario
