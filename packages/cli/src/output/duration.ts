const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A span of time in at most two units, coarser as it grows: `0.42s`, `12s`, `3m 20s`, `2h 5m`, `4d 3h`. */
export function formatDuration(milliseconds: number): string {
  const span = Math.max(0, milliseconds)
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(2)}s`
  if (span < MINUTE) return `${Math.floor(span / SECOND)}s`
  if (span < HOUR) return twoUnits(span, MINUTE, 'm', SECOND, 's')
  if (span < DAY) return twoUnits(span, HOUR, 'h', MINUTE, 'm')
  return twoUnits(span, DAY, 'd', HOUR, 'h')
}

/** A span that is redrawn as it grows: one unit, whole, so that a row changes as seldom as it can. */
export function formatAge(milliseconds: number): string {
  const span = Math.max(0, milliseconds)
  if (span < MINUTE) return `${Math.floor(span / SECOND)}s`
  if (span < HOUR) return `${Math.floor(span / MINUTE)}m`
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)}h`
  return `${Math.floor(span / DAY)}d`
}

function twoUnits(span: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((span % big) / small)
  return rest === 0 ? `${Math.floor(span / big)}${bigName}` : `${Math.floor(span / big)}${bigName} ${rest}${smallName}`
}
