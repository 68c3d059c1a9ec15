import { createRequire } from 'node:module'

const peers = createRequire(new URL('../../../../bench/peers/package.json', import.meta.url))

/** Path of a file of a package that is installed apart from the workspaces. Throws when it is not installed. */
export function resolvePeer(specifier: string): string {
  try {
    return peers.resolve(specifier)
  } catch (cause) {
    throw new Error(`${specifier} is not installed: npm ci --prefix bench/peers`, { cause })
  }
}
