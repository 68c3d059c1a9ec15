/**
 * Prints a line on stdout, and resolves when there is room for the next: a log that is larger than memory may go to a reader
 * that is slower than the disk. Resolves as well when nobody reads any more, and when the signal aborts.
 */
export async function printLine(text: string, signal?: AbortSignal): Promise<void> {
  const { stdout } = process
  if (stdout.write(`${text}\n`) || !stdout.writable || signal?.aborted === true) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const settle = (): void => resolve()
  for (const event of ['drain', 'close', 'error']) stdout.on(event, settle)
  signal?.addEventListener('abort', settle)
  await promise
  for (const event of ['drain', 'close', 'error']) stdout.off(event, settle)
  signal?.removeEventListener('abort', settle)
}
