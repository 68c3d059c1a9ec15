const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes in the largest unit that fits: `512 B`, `4 GiB`, `4.2 GiB`. */
export function formatSize(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 1_024 && unit < UNITS.length - 1) {
    size /= 1_024
    unit++
  }
  return `${Number.isInteger(size) || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`
}
