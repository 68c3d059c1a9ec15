/** A renderer is compiled for each prompt and cached by the prompt's text, which has the time in it: no entry is used twice. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['compile', 'renderer', 'ask'], retainer: 'renderers' }

type Render = (name: string) => string
const renderers = new Map<string, Render>()
let asked = 0

function compile(template: string): Render {
  const [before = '', after = ''] = template.split('{name}') // leaks here
  return name => before + name + after // leaks here
}

function renderer(template: string): Render {
  const known = renderers.get(template)
  if (known !== undefined) return known
  const render = compile(template)
  renderers.set(template, render)
  return render
}

function ask(name: string): string {
  asked += 1
  return renderer(`Hello {name}, this is call ${asked}.`)(name) // leaks here
}

const scenario: Scenario = () => ask('Ada')

export default scenario
