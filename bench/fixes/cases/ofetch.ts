/**
 * A request with a `timeout` left its timer, and with it the controller of the request, when the response had come.
 * https://github.com/unjs/ofetch/pull/369, fixed in 1.3.4.
 */
import type { Fix, Trial } from '../fix.ts'

interface Ofetch {
  createFetch(globals: {
    fetch: () => Promise<Response>
  }): (url: string, options: { timeout: number }) => Promise<unknown>
}

export const fix: Fix = {
  package: 'ofetch',
  leak: 'timer of a time-out, as long as it is set to',
  source: 'https://github.com/unjs/ofetch/pull/369',
}

/** Stands for the server. */
const fetch = async (): Promise<Response> => Response.json({})

export function prepare(library: Ofetch): Trial {
  const request = library.createFetch({ fetch })
  return { scenario: () => request('http://127.0.0.1/', { timeout: 3_600_000 }) }
}
