import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** How Node runs the TypeScript programs that tests start, against the sources. */
export const PROGRAM_FLAGS: readonly string[] = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']

/** Starts a fixture program with a channel for messages; it is ended with the test. */
export function startProgram(url: URL, ...parameters: string[]): ChildProcess {
  const child = fork(fileURLToPath(url), parameters, { execArgv: [...PROGRAM_FLAGS] })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  return child
}

/** The next message of a program. Rejects when the program ends instead. */
export async function message(child: ChildProcess): Promise<unknown> {
  const settled = new AbortController()
  const ended = once(child, 'exit', { signal: settled.signal }).then(([code]) => {
    throw new Error(`The program ended with ${code} instead of sending a message.`)
  })
  try {
    const [value] = await Promise.race([once(child, 'message', { signal: settled.signal }), ended])
    return value
  } finally {
    ended.catch(() => {})
    settled.abort()
  }
}
