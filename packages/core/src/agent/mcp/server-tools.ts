/** The tools of a server: what it lists, under names that models take. */
import { OakumError } from '../../errors/index.ts'
import type { JsonSchema } from '../model.ts'
import { isRecord } from './is-record.ts'

/** No server that means well has more pages, or tools. */
const MAX_PAGES = 100
const MAX_TOOLS = 1_000

/** What the services of models take as a name. */
const NAME_LENGTH = 64
const VALID_NAME = /^[\w-]{1,64}$/

/** A tool as its server has it, and the name under which a model knows it. */
export interface ServerTool {
  readonly name: string
  /** The server's own name of it. */
  readonly serverName: string
  readonly description: string
  readonly parameters: JsonSchema
}

export interface ListOptions {
  /** The server's name. */
  readonly server: string
  /** Whether all names get a prefix. */
  readonly prefix: boolean
}

/** Asks page by page. Throws MCP_FAILED when there is no end to them. */
export async function listServerTools(
  askPage: (params: Record<string, unknown>) => Promise<Record<string, unknown>>,
  { server, prefix }: ListOptions,
): Promise<ServerTool[]> {
  const listed: Omit<ServerTool, 'name'>[] = []
  let cursor: string | undefined
  for (let pages = 1; ; pages++) {
    const { tools, nextCursor } = await askPage(cursor === undefined ? {} : { cursor })
    // One more is enough to know that there are too many.
    if (Array.isArray(tools)) listed.push(...tools.slice(0, MAX_TOOLS + 1).flatMap(toListed))
    cursor = typeof nextCursor === 'string' ? nextCursor : undefined
    if (listed.length > MAX_TOOLS || (cursor !== undefined && pages === MAX_PAGES)) {
      const message = `The MCP server ${server} lists more than ${MAX_TOOLS} tools, or ${MAX_PAGES} pages of them.`
      throw new OakumError('MCP_FAILED', message, { facts: { server } })
    }
    if (cursor === undefined) return named(listed, server, prefix)
  }
}

/** One, or none where it has no name by which it could be called. */
function toListed(tool: unknown): Omit<ServerTool, 'name'>[] {
  if (!isRecord(tool) || typeof tool.name !== 'string') return []
  const { name: serverName, description, title, inputSchema } = tool
  return [
    {
      serverName,
      description: typeof description === 'string' ? description : typeof title === 'string' ? title : '',
      parameters: objectSchema(inputSchema),
    },
  ]
}

/** As services take it: over one that is not said to be of an object with properties they refuse the request, with all other tools in it. */
function objectSchema(schema: unknown): JsonSchema {
  const { $schema: _dialect, properties, ...rest } = isRecord(schema) ? schema : {}
  return { ...rest, type: 'object', properties: isRecord(properties) ? properties : {} }
}

function named(listed: readonly Omit<ServerTool, 'name'>[], server: string, prefix: boolean): ServerTool[] {
  const counts = new Map<string, number>()
  for (const { serverName } of listed) counts.set(serverName, (counts.get(serverName) ?? 0) + 1)
  const isPlain = (name: string): boolean => !prefix && VALID_NAME.test(name) && counts.get(name) === 1
  // Names that can stay are all taken first, whatever the order of the list.
  const taken = new Set(listed.map(({ serverName }) => serverName).filter(isPlain))
  return listed.map(tool => {
    if (isPlain(tool.serverName)) return { ...tool, name: tool.serverName }
    const name = free(`${server}__${tool.serverName}`.replaceAll(/[^\w-]/g, '_'), taken)
    taken.add(name)
    return { ...tool, name }
  })
}

/** The name, cut to the length, with a number behind it where it is taken. */
function free(name: string, taken: ReadonlySet<string>): string {
  let candidate = name.slice(0, NAME_LENGTH)
  for (let n = 2; taken.has(candidate); n++) candidate = `${name.slice(0, NAME_LENGTH - 1 - String(n).length)}_${n}`
  return candidate
}
