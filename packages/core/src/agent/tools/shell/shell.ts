import { resolve } from 'node:path'
import { OakumError } from '../../../errors/index.ts'
import { validateDelay } from '../../../scope/options.ts'
import { validateMaxBytes } from '../capped-output.ts'
import { tool } from '../define-tool.ts'
import type { Tool } from '../tool.ts'
import { runCommand, type CommandOutcome } from './run-command.ts'

/** Options of {@link shell}. */
export interface ShellOptions {
  /** @default 'shell' */
  readonly name?: string
  /** Where commands start; what the model gives as theirs is taken from there. @default the process's own, at each call */
  readonly cwd?: string
  /** Environment variables for each command, above those that it inherits; `undefined` takes one away. */
  readonly env?: NodeJS.ProcessEnv
  /**
   * Whether commands inherit this process's environment, keys and tokens in it included. Without, they have `env`, and the scope's.
   * @default true
   */
  readonly inheritEnv?: boolean
  /** Milliseconds that a command may take when the model does not say; at least 1. @default 120_000 */
  readonly timeout?: number
  /** Milliseconds that the model may ask for. @default 600_000, or `timeout` where that is more */
  readonly maxTimeout?: number
  /**
   * Bytes of its output that are kept, half from the beginning and half from the end; how it ended comes on top. The loop keeps
   * `limits.resultBytes` of all that.
   * @default 64_000
   */
  readonly maxOutput?: number
  /** Milliseconds between SIGTERM and SIGKILL, for a command that is ended. @default 5_000 */
  readonly grace?: number
  /** A POSIX shell. @default '/bin/sh' */
  readonly shell?: string
  /** Whether commands of one turn may run at the same time, where the model asks for several. @default true */
  readonly parallel?: boolean
}

/** Characters. */
const LONGEST_COMMAND = 100_000
/** Linux takes 128 KiB as one argument, the zero at its end included. */
const LONGEST_ARGUMENT = 131_071

interface ShellArguments {
  command: string
  timeout?: number
  cwd?: string
}

/**
 * A tool that runs a command in a shell, and tells what it printed and how it ended.
 *
 * The command and whatever it starts belong to the call's scope. The call is over when the command has ended; what that left in the
 * background ends with the scope. A time-out ends the whole tree. Standard input is empty. Errors and output come through
 * one pipe, so they are in the order in which they were written.
 *
 * A command may do whatever this process may: approval, or a container around it, is what confines it.
 *
 * @throws OakumError INVALID_OPTION
 */
export function shell(options: ShellOptions = {}): Tool {
  const { name = 'shell', shell: program = '/bin/sh', timeout = 120_000, maxOutput = 64_000, parallel = true } = options
  const { maxTimeout = Math.max(timeout, 600_000), grace, inheritEnv = true } = options
  validateTimes(timeout, maxTimeout, grace)
  validateMaxBytes('maxOutput', maxOutput)
  return tool<ShellArguments>({
    name,
    parallel,
    description:
      'Runs a command in a POSIX shell. Answers with its output, standard error included, and its exit code; of long output ' +
      'with the beginning and the end. It has no standard input. Processes left in the background end with the call.',
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'string', minLength: 1, maxLength: LONGEST_COMMAND, description: 'The command line.' },
        timeout: {
          type: 'integer',
          minimum: 1,
          maximum: maxTimeout,
          description: `Milliseconds that it may take; ${timeout} if left out.`,
        },
        cwd: { type: 'string', description: 'The folder to run it in, relative to the default one.' },
      },
      required: ['command'],
      additionalProperties: false,
    },
    execute: async (args, context) => {
      validateLength(args.command)
      const limit = args.timeout ?? timeout
      const outcome = await runCommand(
        {
          command: args.command,
          shell: program,
          cwd: resolve(options.cwd ?? '', args.cwd ?? ''),
          env: inheritEnv ? { ...process.env, ...context.scope.env, ...options.env } : { ...options.env },
          timeout: limit,
          maxOutput,
          grace,
        },
        context,
      )
      return answer(outcome, limit)
    },
  })
}

/** The output, and below it how the command ended. */
function answer({ output, exit, timedOut, refused, leftBehind }: CommandOutcome, timeout: number): string {
  const text = output.text()
  const notes: string[] = []
  if (timedOut) notes.push(`timed out after ${timeout} ms, and was ended with all that it started`)
  else if (exit !== undefined) notes.push(exit.code === null ? `ended by ${exit.signal}` : `exit code ${exit.code}`)
  if (refused > 0) notes.push(`${refused} of its processes could not be ended`)
  if (leftBehind) notes.push('what it left in the background ends now')
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}[${notes.join('; ')}]`
}

function validateLength(command: string): void {
  const bytes = Buffer.byteLength(command)
  if (bytes <= LONGEST_ARGUMENT) return
  const message = `The command has ${bytes} bytes, of which the system takes ${LONGEST_ARGUMENT}: run it from a file.`
  throw new OakumError('INVALID_OPTION', message, { facts: { bytes } })
}

function validateTimes(timeout: number, maxTimeout: number, grace: number | undefined): void {
  validateDelay('timeout', timeout)
  validateDelay('maxTimeout', maxTimeout)
  if (grace !== undefined) validateDelay('grace', grace)
  if (timeout < 1) throw new OakumError('INVALID_OPTION', `timeout must be 1 millisecond at least, not ${timeout}.`)
  if (timeout <= maxTimeout) return
  throw new OakumError(
    'INVALID_OPTION',
    `timeout must be ${maxTimeout} milliseconds at most, as maxTimeout is, not ${timeout}.`,
  )
}
