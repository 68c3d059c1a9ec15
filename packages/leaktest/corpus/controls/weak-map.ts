/**
 * Private data of requests in a WeakMap that lives for ever, and the requests that were seen in a WeakSet.
 *
 * Looks like a leak: two collections get an entry per iteration, and none is ever deleted. Each value holds its own key, too.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Request {
  readonly url: string
}

interface Details {
  readonly request: Request
  readonly segments: readonly string[]
}

const details = new WeakMap<Request, Details>()
const seen = new WeakSet<Request>()

function detailsOf(request: Request): Details {
  const known = details.get(request)
  if (known !== undefined) return known
  const made = { request, segments: request.url.split('/') }
  details.set(request, made)
  return made
}

const scenario: Scenario = ({ iteration }) => {
  const request = { url: `/users/${iteration}` }
  seen.add(request)
  return detailsOf(request).segments.length + detailsOf(request).segments.length
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
