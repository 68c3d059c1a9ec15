export interface Tracked<T> {
  readonly promise: Promise<T>
  readonly settled: boolean
}

/** A promise of which one can see whether it is settled. Its rejection is for whoever awaits it later. */
export function track<T>(promise: Promise<T>): Tracked<T> {
  const tracked = { promise, settled: false }
  const settle = (): void => {
    tracked.settled = true
  }
  promise.then(settle, settle)
  return tracked
}
