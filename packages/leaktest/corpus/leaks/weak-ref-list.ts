/** Viewers are held weakly so that a closed page is no burden: the viewers go, but the list of the weak references grows. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['attach'], retainer: 'viewers' }

class Viewer {
  readonly seen: string[] = []

  show(item: string): void {
    this.seen.push(item)
  }
}

class Feed {
  readonly #viewers: WeakRef<Viewer>[] = []

  attach(viewer: Viewer): void {
    this.#viewers.push(new WeakRef(viewer)) // leaks here
  }

  publish(item: string): void {
    for (const reference of this.#viewers.slice(-4)) reference.deref()?.show(item)
  }
}

const feed = new Feed()

const scenario: Scenario = () => {
  feed.attach(new Viewer())
  feed.publish('hello')
}

export default scenario
