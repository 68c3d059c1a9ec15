/** One agent lives as long as the program, and keeps each call of a tool, with its output, in the transcript for the model. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['callTool', 'readFile'], retainer: 'transcript' }

type Item = { readonly role: 'call'; readonly tool: string } | { readonly role: 'output'; readonly text: string }

class Assistant {
  readonly #transcript: Item[] = []

  callTool(tool: (path: string) => string, path: string): number {
    this.#transcript.push({ role: 'call', tool: tool.name }) // leaks here
    this.#transcript.push({ role: 'output', text: tool(path) }) // leaks here
    return this.#transcript.length
  }
}

function readFile(path: string): string {
  return `${path}: ${'line\n'.repeat(3)}`
}

const assistant = new Assistant()

const scenario: Scenario = () => assistant.callTool(readFile, 'README.md')

export default scenario
