import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { resolvePeer } from '../../packages/leaktest/corpus/runners/peers.ts'

const peers = createRequire(new URL('../peers/package.json', import.meta.url))

/** Imports a package that is installed apart from the workspaces. */
export async function importPeer<T>(specifier: string): Promise<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module that is not installed with the workspaces
  return (await import(pathToFileURL(resolvePeer(specifier)).href)) as T
}

/** The version that is installed; of a package that does not export its manifest as well. */
export function peerVersion(name: string): string {
  const { version }: { version?: unknown } = Object(peers(`./node_modules/${name}/package.json`))
  return String(version)
}
