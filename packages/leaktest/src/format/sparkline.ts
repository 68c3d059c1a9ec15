const BARS = '▁▂▃▄▅▆▇█'

/** Values as a line of small bars, the lowest only for zero. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 0)
  return values.map(value => BARS.charAt(value <= 0 ? 0 : Math.max(1, Math.round((value / most) * 7)))).join('')
}
