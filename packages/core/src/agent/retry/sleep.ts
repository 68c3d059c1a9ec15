import { aborted } from '../../errors/abort.ts'

/**
 * Waits. Ends at once when the signal aborts, and leaves neither its timer nor its listener behind.
 *
 * @throws OakumError ABORTED, or the signal's reason where that is an Oakum error
 */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(aborted(signal))
      return
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', wake)
      resolve()
    }, milliseconds)
    function wake(): void {
      clearTimeout(timer)
      reject(aborted(signal))
    }
    signal.addEventListener('abort', wake, { once: true })
  })
}
