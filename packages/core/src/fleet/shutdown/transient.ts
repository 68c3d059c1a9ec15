import { isOakumError } from '../../errors/error.ts'

/**
 * Whether an error of a store may pass by itself: a lock that is held, a disk that is full, a server that is away. Whether an agent
 * may live on without its store is for its lease to say, which fences it in time, and not for who meets the error first.
 */
export function isTransient(error: unknown): boolean {
  if (!isOakumError(error)) return false
  const { code } = error
  return code === 'STORE_BUSY' || code === 'STORE_FULL' || code === 'STORE_UNREADABLE'
}
