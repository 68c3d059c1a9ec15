/**
 * A copy of a store, made while agents run.
 *
 * - The copy is a store: connect to it by `sqlite:DIRECTORY`.
 * - Each file is copied as it was at one moment. The fleet's comes first: an event that moves to the log meanwhile is then in
 *   both, and known by its id; the other way round it would be in neither.
 * - Nothing is overwritten, and a copy that fails leaves nothing: it gets its name when it is complete.
 */
import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { OakumError } from '../../errors/error.ts'
import { storeError } from '../../sqlite/errors.ts'
import { prepareFile } from '../../sqlite/file.ts'
import { assertOurs } from '../../sqlite/migrate.ts'
import { storeFiles, withFile } from './files.ts'

export interface BackupReport {
  /** The folder of the copy, as an absolute path. */
  directory: string
  /** Its files, with their sizes in bytes. */
  files: { name: string; bytes: number }[]
}

/**
 * Copies a store into a folder that is not there yet, or empty. Blocks for as long as it takes, about a second for 200 MB;
 * those who write to the store do not wait for it.
 *
 * @throws OakumError INVALID_OPTION when something is there, or there is nothing to copy; STORE_UNKNOWN, STORE_UNREADABLE,
 *   STORE_CORRUPT, STORE_NEWER, STORE_FULL, STORE_BUSY
 */
export function backupStore(url: string, directory: string): BackupReport {
  const target = resolve(directory)
  const sources = storeFiles(url)
  if (sources.length === 0) {
    throw new OakumError('INVALID_OPTION', `There is no store at ${url}: nothing to back up.`, { facts: { url } })
  }
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === false) throw taken(target)
  const partial = makePartial(target)
  try {
    const files = sources.map(source => {
      const copy = join(partial, source.name)
      withFile(source, database => {
        assertOurs(database, source.schema)
        prepareFile(copy)
        database.run('VACUUM INTO ?', copy)
      })
      return { name: source.name, bytes: statSync(copy).size }
    })
    putInPlace(partial, target)
    return { directory: target, files }
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    throw error
  }
}

/** Beside the target, so that it can be renamed; mode 0700. */
function makePartial(target: string): string {
  try {
    return mkdtempSync(join(dirname(target), `.${basename(target)}-`))
  } catch (error) {
    throw storeError(error, target)
  }
}

/** A folder takes the place of none, or of an empty one, in one step. */
function putInPlace(partial: string, target: string): void {
  try {
    renameSync(partial, target)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')) {
      throw taken(target)
    }
    throw storeError(error, target)
  }
}

function taken(target: string): OakumError {
  return new OakumError('INVALID_OPTION', `${target} is there already: a backup overwrites nothing.`, {
    facts: { directory: target },
  })
}
