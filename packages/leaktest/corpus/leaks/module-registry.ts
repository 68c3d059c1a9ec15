/** Tools that a model has written are imported from data: URLs. A module that was imported once is never dropped, and each text is a module. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['loadTool'], retainer: 'Map' }

type Tool = (a: number, b: number) => number
let loaded = 0

async function loadTool(expression: string): Promise<Tool> {
  loaded += 1
  const source = `/* tool ${loaded} */ export default (a, b) => ${expression}`
  const module: { default: Tool } = await import(`data:text/javascript,${encodeURIComponent(source)}`) // leaks here
  return module.default
}

const scenario: Scenario = async () => (await loadTool('a + b'))(1, 2)

export default scenario
