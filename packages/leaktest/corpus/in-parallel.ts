/** Works through items in their order, so many at a time, until all are done; when the signal aborts, none is begun any more. */
export async function inParallel<T>(
  items: Iterable<T>,
  { parallel, signal }: { readonly parallel: number; readonly signal: AbortSignal },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const workOn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: parallel }, workOn))
}
