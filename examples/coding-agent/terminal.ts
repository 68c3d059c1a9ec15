/**
 * The terminal; or the pipes in its place, where nobody can be asked.
 *
 * - What the model says goes to standard output, all else to standard error. Whatever is printed cannot steer the terminal.
 * - While a question is open nothing is printed. Whoever prints waits, and with it the run, which goes on only when its events are taken.
 * - Keys are read all the time, so that Ctrl-C is heard; what else is typed while no question is open is dropped: nothing is
 *   approved ahead.
 */
import { createInterface, type Interface } from 'node:readline/promises'
import { addAbortSignal, Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { styleText } from 'node:util'
import type { Scope } from '@oakum/core/scope'
import { visible } from './visible.ts'

type Style = Parameters<typeof styleText>[0]

export interface TerminalOptions {
  readonly onCtrlC: () => void
  /** Nobody can type any more, whatever is under way: Ctrl-D on an empty line, or the terminal is gone. */
  readonly onEnd: () => void
}

export class Terminal {
  readonly interactive: boolean = process.stdin.isTTY && process.stdout.isTTY
  readonly #echo = new Echo()
  readonly #lines: Interface | undefined
  #answered: Promise<unknown> = Promise.resolve()
  #midLine = false

  /** Read from until the scope closes. */
  constructor(scope: Scope, { onCtrlC, onEnd }: TerminalOptions) {
    if (!this.interactive) return
    const lines = createInterface({ input: process.stdin, output: this.#echo, terminal: true })
    this.#lines = lines
    scope.defer(() => {
      lines.close()
      this.#endLine()
    })
    scope.on(lines, 'SIGINT', onCtrlC)
    scope.on(lines, 'close', onEnd) // taken off before the scope itself closes it
  }

  get columns(): number {
    return process.stderr.columns || 80
  }

  /** A piece of what the model says. */
  async say(text: string): Promise<void> {
    await this.#answered
    process.stdout.write(visible(text))
    this.#midLine = !text.endsWith('\n')
  }

  /** A piece of what the model thinks. */
  async think(text: string): Promise<void> {
    await this.#answered
    process.stderr.write(styleText('dim', visible(text), { stream: process.stderr }))
    this.#midLine = !text.endsWith('\n')
  }

  /** What comes next begins a line. */
  async endLine(): Promise<void> {
    await this.#answered
    this.#endLine()
  }

  /** Lines beside the answer. */
  async note(text: string, style: Style = []): Promise<void> {
    await this.#answered
    this.#endLine()
    process.stderr.write(`${styleText(style, visible(text), { stream: process.stderr })}\n`)
  }

  /** Says something at once, where the cursor is; a question that is open is repeated. */
  interject(text: string): void {
    process.stdout.write(`${text}\n`)
    this.#midLine = false
    if (!this.#echo.muted) this.#lines?.prompt(true)
  }

  /**
   * Asks for a line; undefined when nobody answers any more, because the input has ended or the signal aborted.
   *
   * @param draft What the answer may be made of.
   */
  async ask(question: string, signal: AbortSignal, draft = ''): Promise<string | undefined> {
    const lines = this.#lines
    if (lines === undefined || signal.aborted) return undefined
    const { promise: answered, resolve: end } = Promise.withResolvers<void>()
    this.#answered = answered
    const over = new AbortController()
    const abort = (): void => {
      this.#echo.muted = true
      this.#midLine = true
      over.abort()
    }
    signal.addEventListener('abort', abort)
    lines.once('close', abort)
    try {
      this.#endLine()
      lines.write(null, { ctrl: true, name: 'u' })
      this.#echo.muted = false
      const answer = lines.question(question, { signal: over.signal })
      lines.write(draft)
      return await answer
    } catch {
      return undefined
    } finally {
      this.#echo.muted = true
      signal.removeEventListener('abort', abort)
      lines.off('close', abort)
      end()
    }
  }

  #endLine(): void {
    if (this.#midLine) process.stdout.write('\n')
    this.#midLine = false
  }
}

/** Shows what is typed in answer to a question, and nothing else. */
class Echo extends Writable {
  muted = true

  get columns(): number {
    return process.stdout.columns || 80
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.muted) process.stdout.write(chunk)
    done()
  }
}

/** What is piped in; undefined when the signal aborts before the end of it. */
export async function readInput(signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readAll(addAbortSignal(signal, process.stdin))
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}
