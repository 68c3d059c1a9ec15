import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Releases of Node that Oakum runs on; `bench/nodes` has those that are not the project's own. */
const NODE_VERSIONS = ['22', '24', '26'] as const

export type NodeVersion = (typeof NODE_VERSIONS)[number]

/** The release of this process. */
export const OWN_VERSION = process.versions.node.split('.')[0] ?? ''

export function isNodeVersion(version: string): version is NodeVersion {
  return NODE_VERSIONS.some(known => known === version)
}

/** Path of a release's executable. Throws when it is not installed. */
export function nodeExecutable(version: NodeVersion): string {
  if (version === OWN_VERSION) return process.execPath
  const name = `node-${version}-${process.platform}-${process.arch}`
  const path = join(import.meta.dirname, '../../../../bench/nodes/node_modules', name, 'bin/node')
  if (!existsSync(path)) throw new Error(`Node ${version} is not installed: npm ci --prefix bench/nodes`)
  return path
}
