import { UsageError } from './errors.ts'

const KIBI = 1_024

/** Powers of 1,024, as `ulimit`, `docker --memory` and systemd have them. */
const UNITS: Readonly<Record<string, number>> = { '': 1, K: KIBI, M: KIBI ** 2, G: KIBI ** 3, T: KIBI ** 4 }

/** `200M`, `1.5G`, `512MiB` or a bare number of bytes, in bytes; 1 at least. Throws {@link UsageError}. */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/i.exec(text)
  const bytes = match ? Math.floor(Number(match[1]) * (UNITS[match[2]?.toUpperCase() ?? ''] ?? 0)) : 0
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes
  throw new UsageError(`${option} wants a size such as 200M or 1.5G, not "${text}"`)
}
