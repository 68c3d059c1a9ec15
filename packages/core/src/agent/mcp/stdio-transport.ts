/**
 * Speaks to a server over the standard streams of a process that a scope owns, with all that it starts.
 *
 * - A line is a message. A line that is none is the server's mistake: it is kept for error messages, and the next is read.
 * - The server is lost when it ends, when it closes its output, when a line is too long, or when it leaves unread more than one may have;
 *   its failure says which.
 * - `send` settles when the system has taken the message, so whoever awaits it keeps to the server's pace; or when it never will.
 */
import { OakumError } from '../../errors/index.ts'
import type { OwnedProcess, ProcessExit, Scope } from '../../scope/index.ts'
import { LastWords } from './last-words.ts'
import { Lines } from './lines.ts'
import { DEFAULT_MAX_MESSAGE_BYTES, type McpProgramOptions } from './options.ts'
import type { JSONRPCMessage, Sdk } from './sdk.ts'
import type { ServerTransport } from './server-transport.ts'

/** Milliseconds for what a server wrote before it ended, when something that it started keeps its pipes open. */
const PIPES_KEPT_OPEN = 250

/** Messages that may wait to be read by the server, most of them answers to what it asks. */
const MOST_UNREAD = 1_000

/** Characters of a line that is no message which are kept. */
const RUBBISH = 200

export class StdioTransport implements ServerTransport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  failure: OakumError | undefined = undefined
  readonly #sdk: Sdk
  readonly #options: McpProgramOptions
  readonly #scope: Scope
  readonly #lines: Lines
  readonly #maxBytes: number
  readonly #lastWords = new LastWords()
  #process: OwnedProcess | undefined = undefined
  #exit: ProcessExit | undefined = undefined
  #unread = 0
  #closed = false

  constructor(sdk: Sdk, options: McpProgramOptions, scope: Scope) {
    this.#sdk = sdk
    this.#options = options
    this.#scope = scope
    this.#maxBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES
    this.#lines = new Lines(this.#maxBytes)
  }

  get lastWords(): string {
    return String(this.#lastWords)
  }

  /** Throws what `Scope.spawn` does. */
  start(): Promise<void> {
    const { command, args, env, cwd } = this.#options
    const server = this.#scope.spawn(command, args, {
      env: { ...this.#sdk.getDefaultEnvironment(), ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    this.#process = server
    server.stdout?.on('data', (piece: Buffer) => this.#read(piece))
    server.stdout?.once('end', () => this.#loseSoon())
    server.stderr?.setEncoding('utf8').on('data', (text: string) => this.#lastWords.add(text))
    for (const pipe of [server.stdout, server.stderr]) pipe?.on('error', error => this.#lastWords.add(`${error}\n`))
    server.child.once('exit', (code, signal) => {
      this.#exit = { code, signal }
      this.#loseSoon()
    })
    // Nothing more can come.
    server.child.once('close', () => this.#lose(this.#ended()))
    return Promise.resolve()
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#process?.stdin
    if (this.#closed || !stdin) return Promise.reject(this.failure ?? new Error('The connection is closed.'))
    // It may ask without end, and what it asks is answered.
    if (this.#unread === MOST_UNREAD || stdin.writableLength > this.#maxBytes) {
      this.#lose(this.#failed('does not read what it is sent'))
      return Promise.reject(this.failure ?? new Error('The connection is closed.'))
    }
    return new Promise(resolve => {
      const line = this.#sdk.serializeMessage(message)
      this.#unread++
      stdin.write(line, error => {
        this.#unread--
        // Nobody reads it: the server has ended, or will be lost. How it ended tells more than a broken pipe.
        if (error) this.#loseSoon()
        resolve()
      })
    })
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.onclose?.()
    }
    return Promise.resolve()
  }

  #read(piece: Buffer): void {
    if (this.#closed) return
    let lines: string[]
    try {
      lines = this.#lines.push(piece)
    } catch (error) {
      this.#lose(this.#failed(`sent ${error instanceof Error ? error.message : String(error)}`))
      return
    }
    for (const line of lines) if (line.trim() !== '') this.#take(line)
  }

  #take(line: string): void {
    let message: JSONRPCMessage
    try {
      message = this.#sdk.deserializeMessage(line)
    } catch {
      this.#lastWords.add(`${line.slice(0, RUBBISH)}\n`)
      this.onerror?.(this.#failed(`wrote a line that is no message: ${line.slice(0, RUBBISH)}`))
      return
    }
    this.onmessage?.(message)
  }

  /** Unless the pipes are closed first, which is the rule. */
  #loseSoon(): void {
    if (this.#closed || this.#scope.signal.aborted) return
    this.#scope.timeout(() => this.#lose(this.#ended()), PIPES_KEPT_OPEN)
  }

  #lose(failure: OakumError): void {
    if (this.#closed) return
    this.failure = failure
    void this.close()
  }

  #ended(): OakumError {
    if (this.#exit === undefined) return this.#failed('closed its output')
    const { code, signal } = this.#exit
    return this.#failed(signal === null ? `ended with code ${code}` : `was ended by ${signal}`)
  }

  #failed(what: string): OakumError {
    const { name } = this.#options
    const facts = { server: name, code: this.#exit?.code ?? null, signal: this.#exit?.signal ?? null }
    return new OakumError('MCP_FAILED', `The MCP server ${name} ${what}.${this.lastWords}`, { facts })
  }
}
