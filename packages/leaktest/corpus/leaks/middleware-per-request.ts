/** The handler of a request adds a middleware to the one application in order to log that request, and with it all later ones. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['handle'], retainer: 'stack' }

interface Request {
  readonly path: string
  readonly notes: string[]
}

class Application {
  readonly #stack: ((request: Request) => void)[] = []

  use(middleware: (request: Request) => void): void {
    this.#stack.push(middleware)
  }

  dispatch(request: Request): number {
    for (const middleware of this.#stack.slice(0, 3)) middleware(request)
    return request.notes.length
  }
}

const application = new Application()

function handle(path: string): number {
  const notes: string[] = [] // leaks here
  application.use(request => request.notes.push(`${request.path} after ${path}, ${notes.length}`)) // leaks here
  return application.dispatch({ path, notes })
}

const scenario: Scenario = () => handle('/agents')

export default scenario
