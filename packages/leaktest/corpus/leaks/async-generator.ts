/**
 * The items of a session come from an async generator that takes its listener off in `finally`. A reader who takes the first
 * item by `next()` and walks away never lets it get there.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['items', 'firstItem'],
  retainer: 'listeners',
  counter: 'listeners',
}

const session = new EventEmitter().setMaxListeners(0)

async function* items(source: EventEmitter): AsyncGenerator<string> {
  const buffer = ['greeting']
  const keep = (item: string): void => void buffer.push(item) // leaks here
  source.on('item', keep)
  try {
    while (true) yield buffer.shift() ?? ''
  } finally {
    source.off('item', keep)
  }
}

async function firstItem(): Promise<string> {
  const { value } = await items(session).next() // leaks here
  return String(value)
}

const scenario: Scenario = () => firstItem()

export default scenario
