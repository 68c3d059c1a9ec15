import { throwIfAborted } from '../../../errors/index.ts'
import { validateMaxBytes } from '../capped-output.ts'
import { tool } from '../define-tool.ts'
import type { Tool } from '../tool.ts'
import { fileFailed } from './file-failed.ts'
import { Folder } from './folder.ts'
import { readLines, type LinesRead } from './read-lines.ts'
import { Roots } from './roots.ts'

/** Options of {@link readFile}. */
export interface ReadFileOptions {
  /** Folders; what is below them may be read. A path that is not absolute starts at the first. */
  readonly roots: readonly string[]
  /**
   * Bytes of a file that one call tells, at most; how to go on comes on top. What is above `limits.resultBytes` of the loop, the note
   * included, loses its middle there.
   * @default 64_000
   */
  readonly maxBytes?: number
  /** @default 'read_file' */
  readonly name?: string
}

interface ReadArguments {
  path: string
  offset?: number
  limit?: number
}

/**
 * A tool that reads text files below roots. Links are not followed, wherever they lead; `..` is refused; see `folder.ts` for what is not
 * covered. What is longer than `maxBytes` is told in parts, with how to go on.
 *
 * @throws OakumError INVALID_OPTION
 */
export function readFile(options: ReadFileOptions): Tool {
  const { name = 'read_file', maxBytes = 64_000 } = options
  const roots = new Roots(options.roots)
  validateMaxBytes('maxBytes', maxBytes)
  return tool<ReadArguments>({
    name,
    description: `Reads a text file, up to ${maxBytes} bytes at once. Of a longer one it says with which line to go on.`,
    parameters: {
      type: 'object',
      properties: {
        path: { type: 'string', minLength: 1, description: 'The file. Neither ".." nor links are followed.' },
        offset: { type: 'integer', minimum: 1, description: 'The first line to read; 1 if left out.' },
        limit: { type: 'integer', minimum: 1, description: 'How many lines to read; all if left out.' },
      },
      required: ['path'],
      additionalProperties: false,
    },
    execute: async ({ path, offset = 1, limit = Infinity }, { signal }) => {
      throwIfAborted(signal)
      const folder = await Folder.open(roots.locate(path), { create: false })
      try {
        const file = await folder.read()
        try {
          return answer(await readLines(file, { offset, limit, maxBytes, signal }), offset)
        } finally {
          await file.close()
        }
      } catch (error) {
        throw fileFailed(path, error)
      } finally {
        await folder.close()
      }
    },
  })
}

/** The lines, and below them what there is beside them. */
function answer({ text, next, cut, passed }: LinesRead, offset: number): string {
  if (text === '' && offset > 1) return `[The file has ${passed} lines.]`
  const notes: string[] = []
  if (cut) notes.push(`Line ${offset} is longer, and was cut.`)
  if (next !== undefined) notes.push(`The file goes on at line ${next}: read it with offset ${next}.`)
  if (notes.length === 0) return text
  return `${text}${text.endsWith('\n') ? '' : '\n'}[${notes.join(' ')}]`
}
