/**
 * Listeners on an EventTarget that lives for ever, all taken off at once by the signal they were added with.
 *
 * Looks like a leak: there is no `removeEventListener` for any of them.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const player = new EventTarget()

function watch(signal: AbortSignal): readonly string[] {
  const seen: string[] = []
  for (const type of ['play', 'pause', 'ended']) {
    player.addEventListener(type, event => void seen.push(event.type), { signal })
  }
  return seen
}

const scenario: Scenario = () => {
  const controller = new AbortController()
  const seen = watch(controller.signal)
  player.dispatchEvent(new Event('play'))
  player.dispatchEvent(new Event('ended'))
  controller.abort()
  return seen.length
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
