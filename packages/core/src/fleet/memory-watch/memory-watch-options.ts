import { OakumError } from '../../errors/error.ts'
import { positive } from '../fleet-options.ts'

/** Options of `fleet.memoryWatch`. Times in milliseconds, sizes in bytes. */
export interface MemoryWatchOptions {
  /** Between two looks; up to a tenth of the window where looks are expensive. @default 10_000 */
  every?: number
  /** Over which growth is measured. At least twice `every`. @default 300_000 */
  window?: number
  /** More growth than this within the window is a leak; with Infinity nothing is. @default 100 MiB */
  threshold?: number
  /** Told when a look of its own failed. Must not throw. */
  onError?: (error: unknown) => void
}

/** {@link MemoryWatchOptions} with nothing left open. */
export type MemoryWatchSettings = Required<MemoryWatchOptions>

/** @throws OakumError INVALID_OPTION */
export function resolveMemoryWatchOptions(options: MemoryWatchOptions): MemoryWatchSettings {
  const { threshold = 100 * 1_024 * 1_024, onError = ignore } = options
  const every = positive('every', options.every ?? 10_000)
  const window = positive('window', options.window ?? 300_000)
  if (window < every * 2) {
    throw new OakumError('INVALID_OPTION', 'window must be at least twice as long as every.', {
      facts: { every, window },
    })
  }
  if (!(threshold > 0)) {
    throw new OakumError('INVALID_OPTION', 'threshold must be a number of bytes, above 0.', { facts: { threshold } })
  }
  return { every, window, threshold, onError }
}

function ignore(): void {}
