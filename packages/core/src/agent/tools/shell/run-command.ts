/**
 * Runs one command for a tool's call.
 *
 * Invariants:
 * - The tree belongs to the call's scope, and nothing here outlives that: no timer, no listener, no process.
 * - The promise settles soon after the command has ended, whoever still holds its pipe, and soon after an abort. What it started is
 *   then still the scope's to end.
 * - Nothing is said after an abort, or when the promise has settled.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { throwIfAborted } from '../../../errors/index.ts'
import type { OwnedProcess, ProcessExit, Scope } from '../../../scope/index.ts'
import { untilAborted } from '../../../scope/resources/until-aborted.ts'
import { CappedOutput } from '../capped-output.ts'
import type { ToolContext } from '../tool.ts'

export interface Command {
  readonly command: string
  readonly shell: string
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Milliseconds. */
  readonly timeout: number
  /** Bytes. */
  readonly maxOutput: number
  /** Milliseconds. */
  readonly grace: number | undefined
}

export interface CommandOutcome {
  readonly output: CappedOutput
  /** Undefined when it was ended and refused to go. */
  readonly exit: ProcessExit | undefined
  readonly timedOut: boolean
  /** So many processes were to be ended, and live on. */
  readonly refused: number
  /** Something that it started still holds its output. */
  readonly leftBehind: boolean
}

/** Has the shell run the command with one pipe for both outputs: two pipes would lose the order between them. */
const WITH_ONE_PIPE = 'exec "$0" -c "$1" 2>&1'

/** Milliseconds that a pipe has to end once its command has; what was written before that has come by then. */
const LAST_WORDS = 100

/** Rejects with ABORTED when the signal aborts, and as `scope.spawn` does. */
export async function runCommand(command: Command, context: ToolContext): Promise<CommandOutcome> {
  throwIfAborted(context.signal)
  return untilAborted(run(command, context), context.signal)
}

async function run(command: Command, context: ToolContext): Promise<CommandOutcome> {
  const { scope } = context
  const { shell, cwd, env, grace, timeout, maxOutput } = command
  const child = scope.spawn(shell, ['-c', WITH_ONE_PIPE, shell, command.command], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(grace === undefined ? {} : { grace }),
  })
  const { output, stop } = capture(child, maxOutput, context)
  try {
    return { output, ...(await ended(child, timeout, scope)) }
  } finally {
    stop()
  }
}

async function ended(child: OwnedProcess, timeout: number, scope: Scope): Promise<Omit<CommandOutcome, 'output'>> {
  const closed = new Promise<true>(resolve => child.child.once('close', () => resolve(true)))
  const exit = await within(timeout, child.exited, scope)
  if (exit === undefined) {
    const { refused } = await child.stop({ zombieWait: 0 })
    const late = refused.length === 0 ? await child.exited : undefined
    return { exit: late, timedOut: true, refused: refused.length, leftBehind: false }
  }
  const isClosed = await within(LAST_WORDS, closed, scope)
  // After a stall a timer can fire before what has long come is read.
  if (isClosed === undefined) await turn().then(() => turn())
  return { exit, timedOut: false, refused: 0, leftBehind: isClosed === undefined }
}

/** Keeps what a child prints, and says it to people as it comes; a piece is as large as one read of a pipe at most. */
function capture(
  { stdout }: OwnedProcess,
  maxOutput: number,
  context: ToolContext,
): { output: CappedOutput; stop: () => void } {
  const output = new CappedOutput(maxOutput)
  const decoder = new TextDecoder()
  if (stdout === null) return { output, stop: () => {} }
  // What comes after the stop is read and dropped, so that nobody who writes it has to wait.
  const stop = context.scope.on(stdout, 'data', (bytes: Buffer) => {
    output.write(bytes)
    const text = decoder.decode(bytes, { stream: true })
    if (text !== '' && !context.signal.aborted) context.output(text)
  })
  return { output, stop }
}

/** What a promise that never rejects gives, or undefined when that takes too long. */
async function within<T>(milliseconds: number, promise: Promise<T>, scope: Scope): Promise<T | undefined> {
  const { promise: timeUp, resolve } = Promise.withResolvers<undefined>()
  const cancel = scope.timeout(() => resolve(undefined), milliseconds)
  try {
    return await Promise.race([promise, timeUp])
  } finally {
    cancel()
  }
}
