import { readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Which folders of `core/src` each folder may import from, beside itself. */
export const CORE_LAYERS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  clock: [],
  process: ['errors', 'clock'],
  sqlite: ['errors', 'clock'],
  scope: ['errors', 'clock', 'process'],
  events: ['errors', 'clock', 'sqlite', 'scope'],
  fleet: ['errors', 'clock', 'process', 'sqlite', 'scope', 'events'],
  agent: ['errors', 'clock', 'process', 'scope', 'events', 'fleet'],
}

/** The one file of core that knows an optional peer, by the package that it may import. It loads it when it is needed first. */
export const CORE_PEERS: Readonly<Record<string, string>> = {
  [join('agent', 'mcp', 'sdk.ts')]: '@modelcontextprotocol/sdk',
}

/** Files of the leak test that stand for a test framework, which whoever imports them has. */
export const LEAKTEST_FRAMEWORKS: Readonly<Record<string, string>> = {
  [join('matchers', 'vitest.ts')]: 'vitest',
  [join('matchers', 'jest.ts')]: '@jest/globals',
}

export interface Import {
  /** The importing file, relative to the folder looked at. */
  file: string
  specifier: string
}

/** Every import of the TypeScript files below a folder: static, dynamic, re-exported and type-only. */
export function importsBelow(folder: string): Import[] {
  return sourcesBelow(folder).flatMap(({ file, text }) => importsOf(text).map(specifier => ({ file, specifier })))
}

/** Every TypeScript file below a folder, with its path relative to it. */
export function sourcesBelow(folder: string): { file: string; text: string }[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  return files.map(file => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
}

/** The specifiers of a module's imports. Comments are taken out first, so that examples in docs do not count. */
export function importsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(['"])([^'"]+)\1/gm
  return [...code.matchAll(pattern)].map(match => match[2] ?? '')
}

/** The imports that run against the layers, one readable line each. */
export function layerViolations(
  src: string,
  imports: readonly Import[],
  layers: Readonly<Record<string, readonly string[]>>,
  peers: Readonly<Record<string, string>> = {},
): string[] {
  const violations: string[] = []
  for (const { file, specifier } of imports) {
    const layer = file.split(sep)[0] ?? ''
    if (!file.includes(sep)) continue // the entry point at the top may see everything
    const allowed = layers[layer]
    if (allowed === undefined) {
      violations.push(`${file}: the folder ${layer} is in no layer`)
    } else if (specifier.startsWith('.')) {
      const target = relative(src, join(src, file, '..', specifier)).split(sep)[0] ?? ''
      if (target !== layer && !allowed.includes(target))
        violations.push(`${file}: ${layer} may not import ${target} (${specifier})`)
    } else if (!specifier.startsWith('node:') && !isOf(peers[file], specifier)) {
      violations.push(`${file}: core has no dependency, but imports ${specifier}`)
    }
  }
  return violations
}

/** Whether a specifier means a package, or a file in it. */
function isOf(name: string | undefined, specifier: string): boolean {
  return name !== undefined && (specifier === name || specifier.startsWith(`${name}/`))
}

/** The imports of a package that stands by itself which lead out of it: neither its own files nor Node's modules. */
export function strangers(imports: readonly Import[], allowed: Readonly<Record<string, string>>): string[] {
  return imports
    .filter(({ file, specifier }) => {
      if (specifier.startsWith('.')) return relative('/src', join('/src', file, '..', specifier)).startsWith('..')
      return !specifier.startsWith('node:') && allowed[file] !== specifier
    })
    .map(({ file, specifier }) => `${file} imports ${specifier}`)
}
