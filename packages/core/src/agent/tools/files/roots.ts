import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { inspect } from 'node:util'
import { OakumError } from '../../../errors/index.ts'
import { fileFailed } from './file-failed.ts'

/** A folder in which a tool may do what it does, with all below it. */
interface Root {
  /** As it was given, made absolute. */
  readonly given: string
  /** Without links; what the tool then uses. */
  readonly real: string
}

/** A place below a root, as its name says; what is there was not looked at. */
export interface Place {
  /** The root's real path. */
  readonly root: string
  /** The names of the folders from the root, and last that of the file. */
  readonly folders: readonly string[]
  readonly name: string
  /** As the model gave it. */
  readonly path: string
}

/** The roots of a tool. A path that is not absolute starts at the first one. */
export class Roots {
  readonly #first: Root
  readonly #roots: readonly Root[]

  /** @throws OakumError INVALID_OPTION when they are no list, there is none, or one is empty or no folder */
  constructor(roots: readonly string[]) {
    validateRoots(roots)
    this.#roots = roots.map(root => ({ given: resolve(root), real: realFolder(root) }))
    const [first] = this.#roots
    if (first === undefined) throw new OakumError('INVALID_OPTION', 'roots must name at least one folder.')
    this.#first = first
  }

  /** @throws OakumError PATH_OUTSIDE_ROOTS, FILE_FAILED for a root itself */
  locate(path: string): Place {
    if (path.includes('\0')) throw outside(path, 'has a NUL byte in it')
    const elements = elementsOf(path)
    if (elements.includes('..')) throw outside(path, 'has ".." in it')
    const below = isAbsolute(path) ? this.#below(path) : { root: this.#first.real, way: path }
    if (below === undefined) throw outside(path, 'lies outside the folders that are allowed')
    const folders = elementsOf(below.way).filter(name => name !== '' && name !== '.')
    // What ends so is a folder's.
    const name = elements.at(-1) === '' ? undefined : folders.pop()
    if (name === undefined) throw fileFailed(path, 'EISDIR')
    return { root: below.root, folders, name, path }
  }

  #below(path: string): { root: string; way: string } | undefined {
    for (const { given, real } of this.#roots) {
      const way = wayBelow(given, path) ?? wayBelow(real, path)
      if (way !== undefined) return { root: real, way }
    }
    return undefined
  }
}

/** The refusal of a path that leads out, or may. */
export function outside(path: string, why: string): OakumError {
  return new OakumError('PATH_OUTSIDE_ROOTS', `${JSON.stringify(path)} ${why}, and is refused.`, { facts: { path } })
}

/** What is between the separators of a path. Windows has two separators; elsewhere a backslash is part of a name. */
export function elementsOf(path: string, separator: '/' | '\\' = sep): string[] {
  return path.split(separator === '\\' ? /[/\\]/ : '/')
}

/** Who has no types may give anything. */
function validateRoots(roots: unknown): void {
  if (Array.isArray(roots) && roots.every(root => typeof root === 'string')) return
  throw new OakumError('INVALID_OPTION', `roots must be a list of paths of folders, not ${inspect(roots)}.`)
}

function realFolder(root: string): string {
  // As of a variable that is not set; to the system it is the folder at hand.
  if (root === '')
    throw new OakumError('INVALID_OPTION', 'A root must not be empty; "." is the folder of this process.')
  try {
    // As the system spells it, whatever the case it was given in: so are the folders that are compared with it.
    const real = realpathSync.native(root)
    if (statSync(real).isDirectory()) return real
  } catch (cause) {
    throw new OakumError('INVALID_OPTION', `The root ${root} cannot be used.`, { cause, facts: { root } })
  }
  throw new OakumError('INVALID_OPTION', `The root ${root} is no folder.`, { facts: { root } })
}

function wayBelow(folder: string, path: string): string | undefined {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way
}
