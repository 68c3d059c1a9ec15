import { isOakumError, type ErrorCode } from '@oakum/core/errors'
import type { LeaktestError } from '@oakum/leaktest'
import { plain } from '../output/text.ts'
import { EXIT } from './exit.ts'

/** The command line is wrong: one line on stderr, exit code 2, nothing done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** An error in one line, `oakum: what happened (CODE)`, without control characters. */
export function describeError(error: unknown): string {
  return describeFailure(error instanceof Error ? error.message : String(error), codeOf(error))
}

/** The same, for what is no error that was thrown. */
export function describeFailure(text: string, code: string): string {
  return `oakum: ${plain(text.replaceAll(/\s+/g, ' ')).trim()} (${code})`
}

/** Says an error on stderr and returns the exit code that goes with it. `OAKUM_DEBUG=1` adds the stack. */
export function reportError(error: unknown): number {
  console.error(describeError(error))
  if (process.env.OAKUM_DEBUG === '1') console.error(error)
  return exitCodeOf(error)
}

/** Codes of mistakes on the command line. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set(['INVALID_OPTION', 'INVALID_ID', 'STORE_UNKNOWN'])

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage
  if (isOakumError(error, 'COMMAND_NOT_FOUND')) {
    return error.facts.reason === 'ENOENT' ? EXIT.notFound : EXIT.notExecutable
  }
  if (isOakumError(error) && USAGE_CODES.has(error.code)) return EXIT.usage
  return EXIT.failed
}

function codeOf(error: unknown): string {
  if (error instanceof UsageError) return 'USAGE'
  if (isOakumError(error)) return error.code
  return isLeaktestError(error) ? error.code : 'UNEXPECTED'
}

/** By its name: to load the leak test's package for that would cost every command. */
function isLeaktestError(error: unknown): error is LeaktestError {
  return error instanceof Error && error.name === 'LeaktestError' && 'code' in error
}
