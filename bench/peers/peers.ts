import { readFileSync } from 'node:fs'

/** Imports a package that is installed here, apart from the workspaces; as an ES module, where it has one. */
export async function importPeer<T>(specifier: string): Promise<T> {
  try {
    return await import(specifier)
  } catch (cause) {
    throw new Error(`${specifier} could not be imported: npm ci --prefix bench/peers`, { cause })
  }
}

/** The version that is installed; of an alias, that of what it stands for. Throws when it is not installed. */
export function peerVersion(name: string): string {
  try {
    const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')
    const { version }: { version?: unknown } = Object(JSON.parse(manifest))
    return String(version)
  } catch (cause) {
    throw new Error(`${name} is not installed: npm ci --prefix bench/peers`, { cause })
  }
}
