import { existsSync } from 'node:fs'
import { parseSqliteUrl } from '../sqlite/location.ts'

/**
 * Whether a store is there already. Who only wants to look asks first: connecting makes a store.
 *
 * @throws OakumError STORE_UNKNOWN
 */
export function storeExists(url: string): boolean {
  // A memory store lives and dies with its connection: there is nothing to look at.
  return url !== 'memory:' && existsSync(parseSqliteUrl(url).fleet)
}
