/**
 * A folder below a root, held open, and what is done in it.
 *
 * Invariants:
 * - No link is followed on the way from the root: each folder is opened without following links, and reached through the descriptor of
 *   the one above it. What takes the place of a folder meanwhile is not entered. (Beyond Linux by its path: there the folders above
 *   could still be replaced between two steps.)
 * - Only what is a regular file is read or replaced. A pipe or a device is not waited for.
 * - Not covered: other file systems that are mounted below the root, files of elsewhere that have a hard link below it, which can be
 *   read, and a folder that somebody moves out of the root in the very moment of a write.
 */
import { constants, type Stats } from 'node:fs'
import { lstat, mkdir, open, readlink, realpath, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent } from '../../../fleet/reclaimers/file-identity.ts'
import { fileFailed } from './file-failed.ts'
import { outside, type Place } from './roots.ts'

const LINUX = process.platform === 'linux'

export class Folder {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #place: Place

  private constructor(handle: FileHandle, path: string, place: Place) {
    this.#handle = handle
    this.#path = path
    this.#place = place
  }

  /**
   * Opens the folder in which a place is; who opens it closes it. With `create`, folders that are missing on the way are made.
   *
   * @throws OakumError PATH_OUTSIDE_ROOTS, FILE_FAILED
   */
  static async open(place: Place, { create }: { create: boolean }): Promise<Folder> {
    let folder = new Folder(await openFolder(place.root, place), place.root, place)
    try {
      for (const name of place.folders) {
        const inner = await folder.#enter(name, create)
        await folder.close()
        folder = inner
      }
      await folder.confirm()
      return folder
    } catch (error) {
      await folder.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  /** A path of something in here, for this process alone, and while this is open. */
  at(name: string): string {
    return join(this.#self, name)
  }

  /** What is there under the place's own name: a regular file, or nothing. */
  async look(): Promise<Stats | undefined> {
    const { name, path } = this.#place
    const stats = await lstatIfThere(this.at(name)).catch((error: unknown) => {
      throw fileFailed(path, error)
    })
    if (stats !== undefined) mustBeFile(stats, path)
    return stats
  }

  /** Opens the place's file for reading. */
  async read(): Promise<FileHandle> {
    const { name, path } = this.#place
    // First, since to open a device can do something.
    await this.look()
    const file = await open(this.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      (error: unknown) => {
        throw isLinkError(error) ? outside(path, 'is a link') : fileFailed(path, error)
      },
    )
    try {
      mustBeFile(await file.stat(), path)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Makes sure that it is still where it was opened. @throws OakumError PATH_OUTSIDE_ROOTS */
  async confirm(): Promise<void> {
    const { path } = this.#place
    const now = await (LINUX ? readlink(this.#self) : realpath(this.#path)).catch(() => undefined)
    if (now !== this.#path) throw outside(path, 'lies in a folder that was moved meanwhile')
  }

  /** A path of this folder itself. */
  get #self(): string {
    return LINUX ? `/proc/self/fd/${this.#handle.fd}` : this.#path
  }

  async #enter(name: string, create: boolean): Promise<Folder> {
    const path = join(this.#path, name)
    if (create) {
      await mkdir(this.at(name)).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
          throw fileFailed(this.#place.path, error)
      })
    }
    return new Folder(await openFolder(this.at(name), this.#place), path, this.#place)
  }
}

async function openFolder(name: string, { path }: Place): Promise<FileHandle> {
  try {
    return await open(name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    // A link, too, is no directory to the system.
    const stats = await lstatIfThere(name).catch(() => undefined)
    throw isLinkError(error) || stats?.isSymbolicLink()
      ? outside(path, 'leads through a link')
      : fileFailed(path, error)
  }
}

function mustBeFile(stats: Stats, path: string): void {
  if (stats.isSymbolicLink()) throw outside(path, 'is a link')
  if (stats.isDirectory()) throw fileFailed(path, 'EISDIR')
  if (!stats.isFile()) throw outside(path, 'is a device, a pipe or a socket')
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function isLinkError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ELOOP'
}
