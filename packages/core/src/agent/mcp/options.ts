import { OakumError } from '../../errors/index.ts'
import { validateDelay } from '../../scope/options.ts'

/** Options of `mcp()`: a program to start, or an address. */
export type McpOptions = McpProgramOptions | McpAddressOptions

/** A server that is started, and spoken to over its standard input and output. */
export interface McpProgramOptions extends McpServerOptions {
  readonly command: string
  readonly args?: readonly string[]
  /**
   * Beside the few variables that each server gets (HOME, PATH and the like). Others of this process, such as keys of services,
   * are not handed on.
   */
  readonly env?: Readonly<Record<string, string>>
  /** @default that of this process */
  readonly cwd?: string
}

/** A server that runs already, and is spoken to over streamable HTTP. */
export interface McpAddressOptions extends McpServerOptions {
  readonly url: string | URL
  /** Sent with each request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface McpServerOptions {
  /** Names the server in errors, and its tools where a prefix is needed. */
  readonly name: string
  /**
   * Puts `name__` before the name of each tool. Without it only those get it whose name is no valid one, or is there twice.
   * @default false
   */
  readonly prefix?: boolean
  /** Milliseconds for starting, initializing and listing the tools, together. @default 30_000 */
  readonly openTimeout?: number
  /** Milliseconds that a call may take; each sign of progress gives it as many anew. @default 600_000 */
  readonly callTimeout?: number
  /** Bytes of the longest message that is taken. A server that sends a longer one is lost. @default 16_777_216 */
  readonly maxMessageBytes?: number
}

export const DEFAULT_OPEN_TIMEOUT = 30_000
export const DEFAULT_CALL_TIMEOUT = 600_000
export const DEFAULT_MAX_MESSAGE_BYTES = 16_777_216

/** Throws INVALID_OPTION. */
export function validateMcp(options: McpOptions): void {
  const { name, openTimeout, callTimeout, maxMessageBytes } = options
  if (typeof name !== 'string' || name === '') throw invalid('name must be a string that is not empty.')
  if (openTimeout !== undefined) validateDelay('openTimeout', openTimeout)
  if (callTimeout !== undefined) validateDelay('callTimeout', callTimeout)
  if (maxMessageBytes !== undefined && !(maxMessageBytes > 0)) throw invalid('maxMessageBytes must be above 0.')
  if ('url' in options === 'command' in options) throw invalid('give either command or url.')
  if ('url' in options && !/^https?:$/.test(URL.parse(String(options.url))?.protocol ?? '')) {
    throw invalid(`url must be an address of http or https, not ${String(options.url)}.`)
  }
}

function invalid(what: string): OakumError {
  return new OakumError('INVALID_OPTION', `mcp(): ${what}`)
}
