import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { UsageError } from '../command/errors.ts'

const LEAK_TEST = /\.leak\.(?:ts|mts|js|mjs)$/
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', '.git'])

/** A module with leak tests. */
export interface LeakFile {
  /** Absolute. */
  readonly path: string
  /** From the working directory when it is below that. */
  readonly name: string
}

/**
 * The files meant by what stands on the command line: each file as it is, and of each folder its `*.leak.ts`, `.js`, `.mjs`
 * and `.mts` at any depth. Throws {@link UsageError} for what is not there, and for a folder that has none.
 */
export function findLeakFiles(words: readonly string[], cwd: string = process.cwd()): LeakFile[] {
  const paths = words.flatMap(word => {
    const path = resolve(cwd, word)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) throw new UsageError(`there is no file or folder ${word}`)
    if (!stats.isDirectory()) return [path]
    const found = leakTestsBelow(path)
    if (found.length === 0) throw new UsageError(`${word} has no *.leak.ts, *.leak.js or *.leak.mjs in it`)
    return found
  })
  return [...new Set(paths)].map(path => ({ path, name: shorten(path, cwd) }))
}

function leakTestsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : leakTestsBelow(path)
    return LEAK_TEST.test(entry.name) ? [path] : []
  })
}

function shorten(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short === '..' || short.startsWith(`..${sep}`) ? path : short
}
