/**
 * The tools of a server of the Model Context Protocol.
 *
 * - What it takes to have them (processes, sockets, timers, listeners) is in the scope that `open` gets, and gone when that is
 *   closed, in whatever state it was.
 * - One connection serves all runs until it is lost. A server that says that its tools have changed is asked again soon, and
 *   the next run has the new ones.
 * - What the server wants of us (samples of a model, answers of a user, roots) is refused.
 */
import { aborted, OakumError, throwIfAborted } from '../../errors/index.ts'
import type { Scope } from '../../scope/index.ts'
import { untilAborted } from '../../scope/resources/until-aborted.ts'
import type { OpenOptions, Tool, ToolSource } from '../tools/tool.ts'
import { Connection } from './connection.ts'
import { DEFAULT_CALL_TIMEOUT, DEFAULT_OPEN_TIMEOUT, validateMcp, type McpOptions } from './options.ts'
import { loadSdk } from './sdk.ts'
import { serverTool } from './server-tool.ts'
import { listServerTools } from './server-tools.ts'
import { ToolList } from './tool-list.ts'

/**
 * Tools for a loop, of a server that is a program or has an address. Nothing starts before the first run that has them.
 *
 * Needs the package `@modelcontextprotocol/sdk`. Throws INVALID_OPTION; to open it throws PEER_MISSING, or MCP_FAILED with the
 * server's last words.
 *
 * @example
 * ```ts
 * const files = mcp({ name: 'files', command: 'npx', args: ['@modelcontextprotocol/server-filesystem', '.'] })
 * const issues = mcp({ name: 'issues', url: 'https://example.org/mcp', headers: { authorization: `Bearer ${token}` } })
 * const loop = new AgentLoop({ model, tools: [files, issues] })
 * ```
 */
export function mcp(options: McpOptions): ToolSource {
  validateMcp(options)
  return { name: options.name, open: (scope, how) => open(options, scope, how) }
}

async function open(options: McpOptions, scope: Scope, how: OpenOptions): Promise<readonly Tool[]> {
  throwIfAborted(how.signal)
  const limit = new AbortController()
  const abort = (): void => limit.abort(aborted(how.signal))
  how.signal.addEventListener('abort', abort, { once: true })
  const { openTimeout = DEFAULT_OPEN_TIMEOUT } = options
  const timer = setTimeout(() => limit.abort(tooLate(options.name, openTimeout)), openTimeout)
  try {
    return await connect(options, scope, how, limit.signal)
  } finally {
    clearTimeout(timer)
    how.signal.removeEventListener('abort', abort)
  }
}

async function connect(
  options: McpOptions,
  scope: Scope,
  how: OpenOptions,
  signal: AbortSignal,
): Promise<readonly Tool[]> {
  const { openTimeout = DEFAULT_OPEN_TIMEOUT } = options
  const connection = new Connection(await untilAborted(loadSdk(), signal), options, scope)
  const list = new ToolList(until => listTools(connection, options, until, openTimeout), scope)
  let isLost = false
  const lose = (error: unknown): void => {
    if (!isLost) how.onLost(error)
    isLost = true
  }
  connection.onToolsChanged = () => list.ask()
  await connection.start(signal)
  const tools = await list.first(signal)
  // From here on there is somebody to tell; what went wrong before, `start` or the list threw.
  connection.onLost = lose
  list.follow(changed => how.onChanged(changed), lose)
  return tools
}

async function listTools(
  connection: Connection,
  options: McpOptions,
  signal: AbortSignal,
  timeout: number,
): Promise<readonly Tool[]> {
  if (!connection.hasTools) return []
  const { name, prefix = false, callTimeout = DEFAULT_CALL_TIMEOUT } = options
  const askPage = (params: Record<string, unknown>): Promise<Record<string, unknown>> =>
    connection.request('tools/list', params, { signal, timeout })
  const listed = await listServerTools(askPage, { server: name, prefix })
  return listed.map(tool => serverTool(connection, tool, callTimeout))
}

function tooLate(name: string, milliseconds: number): OakumError {
  return new OakumError('TIMEOUT', `It was not ready within ${milliseconds} ms.`, {
    facts: { server: name, milliseconds },
  })
}
