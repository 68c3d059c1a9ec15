/**
 * An endless async generator is left after three values; `break` returns it, and its `finally` takes its listener off.
 *
 * Looks like a leak: it is never read to its end, and subscribes to a feed that lives for ever.
 */
import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const feed = new EventEmitter()

async function* prices(symbol: string): AsyncGenerator<number> {
  let latest = 0
  const listener = (price: number): void => void (latest = price)
  feed.on(symbol, listener)
  try {
    for (;;) {
      await turn()
      yield latest
    }
  } finally {
    feed.off(symbol, listener)
  }
}

const scenario: Scenario = async ({ iteration }) => {
  const seen: number[] = []
  for await (const price of prices('ACME')) {
    feed.emit('ACME', iteration)
    seen.push(price)
    if (seen.length === 3) break
  }
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
