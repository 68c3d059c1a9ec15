import { openLiveRegion } from '../output/live.ts'
import { formatAge } from '../output/duration.ts'
import { paintFor } from '../output/paint.ts'
import { formatReading } from './format.ts'
import type { Reading } from './reading.ts'

const BAR = 10

export interface Progress {
  readonly show: (reading: Reading) => void
  /** Takes the bar away. */
  readonly close: () => void
}

/** A bar on the terminal that stderr is, with what was read last; nothing elsewhere. */
export function openProgress(duration: number): Progress {
  const { stderr } = process
  if (!stderr.isTTY) return { show() {}, close() {} }
  const paint = paintFor(stderr)
  let last: Reading | undefined
  const region = openLiveRegion(stderr, () => {
    if (last === undefined) return []
    const full = Math.round(Math.min(1, last.at / duration) * BAR)
    const bar = `${paint('cyan', '━'.repeat(full))}${paint('dim', '─'.repeat(BAR - full))}`
    return [`${bar} ${formatAge(duration - last.at)} left  ${paint('dim', formatReading(last))}`]
  })
  return {
    show(reading) {
      last = reading
      region.invalidate()
    },
    close() {
      last = undefined
      region.close()
    },
  }
}
