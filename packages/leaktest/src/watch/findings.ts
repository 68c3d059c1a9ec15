import { NOUNS } from '../findings.ts'
import { formatBytes, formatCount, formatInterval, formatNumber } from '../format/amount.ts'
import { formatFrame } from '../format/place.ts'
import type { WatchReport, WatchRise } from './report.ts'

const SITES_TOLD = 5

/** What grows, in one sentence per finding; empty when everything settles. Files below `cwd` are named from there. */
export function describeWatch(
  { verdict, rises, sites, bytesPerSecond }: Pick<WatchReport, 'verdict' | 'rises' | 'sites' | 'bytesPerSecond'>,
  cwd: string = process.cwd(),
): string[] {
  if (verdict === 'settles') return []
  const sentences = rises.map(
    rise => `${rateOf(rise)} stay (${formatNumber(rise.before)} before, ${formatNumber(rise.after)} after)`,
  )
  if (bytesPerSecond.low > 0) {
    const { value } = bytesPerSecond
    sentences.push(`The heap grows by ${formatBytes(value)} per second (${formatInterval(bytesPerSecond)})`)
  }
  const told = sites.slice(0, SITES_TOLD).map(site => {
    return `${formatFrame(site, cwd)} leaves ${formatBytes(site.bytesPerSecond)} per second`
  })
  const untold = sites.length - told.length
  if (untold > 0) told.push(`${formatCount(untold, 'more site leaves', 'more sites leave')} less`)
  return [...sentences, ...told]
}

/** `200 listeners on EventEmitter per second`, `1 socket in 12 seconds`. */
function rateOf({ counter, of, perSecond }: WatchRise): string {
  if (counter === 'buffers') return `${formatBytes(perSecond)} of array buffers per second`
  const [one, many] = NOUNS[counter].map(noun => (of === undefined ? noun : `${noun} ${kindOf(counter, of)}`))
  if (one === undefined || many === undefined) return ''
  if (perSecond > 0.5) return `${formatCount(perSecond, one, many)} per second`
  return `1 ${one} in ${formatNumber(1 / perSecond)} seconds`
}

function kindOf(counter: WatchRise['counter'], of: string): string {
  return counter === 'listeners' ? `on ${of}` : `(${of})`
}
