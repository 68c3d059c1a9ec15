import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, open, rename, unlink } from 'node:fs/promises'
import { OakumError, throwIfAborted } from '../../../errors/index.ts'
import { validateMaxBytes } from '../capped-output.ts'
import { tool } from '../define-tool.ts'
import type { Tool } from '../tool.ts'
import { fileFailed } from './file-failed.ts'
import { Folder } from './folder.ts'
import { Roots, type Place } from './roots.ts'

/** Options of {@link writeFile}. */
export interface WriteFileOptions {
  /** Folders; files may be written below them. A path that is not absolute starts at the first. */
  readonly roots: readonly string[]
  /** Bytes that a file may have. @default 10_485_760 */
  readonly maxBytes?: number
  /** @default 'write_file' */
  readonly name?: string
}

interface WriteArguments {
  path: string
  content: string
}

/** The permissions of a file; what lets it run as somebody else is not kept. */
const PERMISSIONS = 0o777

/**
 * A tool that writes text files below roots, making the folders on the way. Links are not followed, wherever they lead; `..` is refused; see
 * `folder.ts` for what is not covered.
 *
 * A file is replaced as a whole or not at all: readers see the old or the new one, and what else was linked to the old one keeps that. Its
 * permissions are kept; its owner, if somebody else, and its extended attributes are not. A process that is killed in a write can leave a
 * `.oakum-….tmp` beside it.
 *
 * @throws OakumError INVALID_OPTION
 */
export function writeFile(options: WriteFileOptions): Tool {
  const { name = 'write_file', maxBytes = 10_485_760 } = options
  const roots = new Roots(options.roots)
  validateMaxBytes('maxBytes', maxBytes)
  return tool<WriteArguments>({
    name,
    // Two calls may be for the same file, and then the order counts.
    parallel: false,
    description: 'Writes a text file, in place of what it had in it. Folders on the way are made.',
    parameters: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'The file. Neither ".." nor links are followed.' },
        content: { type: 'string', description: 'All of its new content.' },
      },
      required: ['path', 'content'],
      additionalProperties: false,
    },
    execute: async ({ path, content }, { signal }) => {
      throwIfAborted(signal)
      const bytes = Buffer.byteLength(content)
      if (bytes > maxBytes) {
        const message = `${path}: ${bytes} bytes are more than the ${maxBytes} that a file may have.`
        throw new OakumError('FILE_FAILED', message, { facts: { path, bytes, maxBytes } })
      }
      const replaced = await replaceFile(roots.locate(path), content, signal)
      return `${replaced ? 'Replaced' : 'Created'} ${path} (${bytes} bytes).`
    },
  })
}

/** Whether there was a file before. */
async function replaceFile(place: Place, content: string, signal: AbortSignal): Promise<boolean> {
  const folder = await Folder.open(place, { create: true })
  try {
    const old = await folder.look()
    // To rename over a file needs no permission of that file's. To write it would.
    if (old !== undefined) await access(folder.at(place.name), constants.W_OK)
    const temporary = folder.at(`.oakum-${randomBytes(8).toString('hex')}.tmp`)
    try {
      await writeNew(temporary, content, old)
      throwIfAborted(signal)
      await folder.confirm()
      await rename(temporary, folder.at(place.name))
    } catch (error) {
      await unlink(temporary).catch(() => {}) // It may not have been made. The error that led here is the one to tell.
      throw error
    }
    return old !== undefined
  } catch (error) {
    throw fileFailed(place.path, error)
  } finally {
    await folder.close()
  }
}

async function writeNew(path: string, content: string, old: Stats | undefined): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = await open(path, flags, old === undefined ? 0o666 : 0o600)
  try {
    await file.writeFile(content)
    if (old !== undefined) await file.chmod(old.mode & PERMISSIONS)
    await file.sync() // Before the rename, or a crash of the machine could leave a file that is empty.
  } finally {
    await file.close()
  }
}
