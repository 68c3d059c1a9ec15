/**
 * An LRU cache of 500 rendered pages, the size many libraries come with.
 *
 * Looks like a leak: each iteration adds an entry that survives, and nothing is evicted before the 501st.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Page {
  readonly url: string
  readonly html: string
}

const CAPACITY = 500
const pages = new Map<string, Page>()

function remember(page: Page): void {
  pages.set(page.url, page)
  if (pages.size <= CAPACITY) return
  for (const oldest of pages.keys()) {
    pages.delete(oldest)
    return
  }
}

const scenario: Scenario = ({ iteration }) => {
  const url = `/articles/${iteration}`
  remember({ url, html: `<h1>Article ${iteration}</h1>` })
}

export default scenario
export const expected: Expected = { verdict: 'bounded', bound: 500 }
