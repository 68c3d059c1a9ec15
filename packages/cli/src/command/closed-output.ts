import { describeFailure } from './errors.ts'
import { EXIT } from './exit.ts'

/** What a write meets when its reader is gone: a closed pipe (`| head`), or a terminal that was closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO'])

/**
 * Lets a command end in its own way when its output goes nowhere any more, instead of by an uncaught error: nobody reads it, or
 * it cannot be written, a full disk for one. The latter is said once, and the exit code is then at least 1.
 */
export function tolerateClosedOutput(): void {
  let failed = false
  process.once('exit', code => {
    if (failed && code === EXIT.ok) process.exitCode = EXIT.failed
  })
  process.stderr.on('error', () => {}) // there is nowhere left to say it
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (failed || READER_GONE.has(error.code)) return
    failed = true
    console.error(describeFailure(`the output cannot be written: ${error.message}`, 'OUTPUT_FAILED'))
  })
}
