import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UsageError } from '../command/errors.ts'

const NAMES = ['oakum.config.ts', 'oakum.config.js', 'oakum.config.mjs', 'oakum.config.json']

/**
 * The configuration file in a folder or the nearest above it; undefined when there is none.
 *
 * A file that is found is run. One that belongs to somebody else (not to the user, to root, or to whom the folder belongs) is
 * therefore refused: anybody may leave one in a folder that all can write to, as /tmp.
 *
 * @throws UsageError for such a file, and when a folder has two
 */
export function findConfig(folder: string): string | undefined {
  const start = resolve(folder)
  for (let at = start; ; at = dirname(at)) {
    const [file, other] = NAMES.map(name => join(at, name)).filter(path => existsSync(path))
    if (other !== undefined) throw new UsageError(`there are two configuration files, ${file} and ${other}: remove one`)
    if (file !== undefined) {
      if (isTrusted(file, start)) return file
      throw new UsageError(`${file} belongs to another user: to use it all the same, name it by --config`)
    }
    if (dirname(at) === at) return undefined
  }
}

function isTrusted(file: string, start: string): boolean {
  if (process.getuid === undefined) return true
  return [process.getuid(), 0, statSync(start).uid].includes(statSync(file).uid)
}
