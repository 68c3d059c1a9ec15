const BARS = '▁▂▃▄▅▆▇█'

/** Values as bars from the lowest to the highest, at most so many. Even ones are a flat line. */
export function sparkline(values: readonly number[], most: number): string {
  const step = Math.max(1, values.length / most)
  const count = Math.min(values.length, most)
  const shown = Array.from({ length: count }, (_, index) => values[Math.floor(index * step)] ?? 0)
  const low = Math.min(...shown)
  const range = Math.max(...shown) - low
  return shown.map(value => BARS[range === 0 ? 0 : Math.round(((value - low) / range) * (BARS.length - 1))]).join('')
}
