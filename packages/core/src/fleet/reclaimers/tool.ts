import { execFile } from 'node:child_process'
import { aborted } from '../../errors/abort.ts'
import { OakumError } from '../../errors/error.ts'

/** How a program of the system ended, and what it said. */
export interface ToolResult {
  code: number
  stdout: string
  stderr: string
}

export interface ToolOptions {
  signal?: AbortSignal
  /** Beside what this process has; what is undefined here, it does not get. */
  env?: Readonly<Record<string, string | undefined>>
}

/** Milliseconds until a program that hangs is killed: one whose server was stopped, say. */
const LIMIT = 20_000

/**
 * Runs a program of the system to its end. Null when there is no such program.
 *
 * @throws OakumError TIMEOUT, ABORTED
 */
export function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult | null> {
  const { signal, env = {} } = options
  return new Promise((resolve, reject) => {
    // Messages that can be read, whatever the user's language.
    const settings = { env: { ...process.env, ...env, LC_ALL: 'C' }, timeout: LIMIT, killSignal: 'SIGKILL' } as const
    execFile(command, [...args], { ...settings, ...(signal && { signal }) }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr })
      else if (signal?.aborted === true) reject(aborted(signal))
      else if (error.code === 'ENOENT') resolve(null)
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
      else reject(unfinished(command, args, error))
    })
  })
}

function unfinished(command: string, args: readonly string[], cause: Error): OakumError {
  return new OakumError('TIMEOUT', `${command} ${args[0] ?? ''} did not end by itself within ${LIMIT} ms.`, { cause })
}
