import { connect, storeExists, type Fleet } from '@oakum/core/fleet'
import { storeUrl } from './store.ts'

/**
 * Opens the store that a command works on, if it is there; looking must not make one. `whenAbsent` gives the exit code when
 * it is not.
 */
export async function withStore(
  option: string | undefined,
  whenAbsent: (url: string) => number,
  work: (fleet: Fleet) => Promise<number>,
): Promise<number> {
  const url = storeUrl(option)
  if (!storeExists(url)) return whenAbsent(url)
  const fleet = await connect(url)
  try {
    return await work(fleet)
  } finally {
    await fleet.close()
  }
}
