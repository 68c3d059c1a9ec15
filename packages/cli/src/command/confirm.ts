import { createInterface } from 'node:readline'
import { UsageError } from './errors.ts'

/** The option of every command that asks first. */
export const yesArgs = {
  yes: { type: 'boolean', alias: 'y', default: false, description: 'Do not ask' },
} as const

/** Where a question is asked: a terminal to read from, and one to write to. */
export interface Terminals {
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  output: NodeJS.WritableStream & { isTTY?: boolean }
}

/**
 * Whether the user wants it. Anything but `y` or `yes` is a no, the end of the input as well.
 *
 * @throws UsageError when nobody can be asked
 */
export async function confirm(
  question: string,
  { input, output }: Terminals = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new UsageError('this cannot be undone, and there is no terminal to ask on: add --yes')
  }
  output.write(`${question} [y/N] `)
  // Without the line editor: it would take Ctrl-C, which shall end the command.
  const lines = createInterface({ input, terminal: false })
  try {
    for await (const line of lines) return /^\s*y(?:es)?\s*$/i.test(line)
    return false
  } finally {
    lines.close()
  }
}
