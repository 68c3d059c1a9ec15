import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { McpProgramOptions } from '../../../src/agent/mcp/options.ts'
import type { Tool, ToolContext, ToolSource } from '../../../src/agent/tools/tool.ts'
import { Scope } from '../../../src/scope/index.ts'
import { PROGRAM_FLAGS } from '../../support/fixture-program.ts'

/** How a fixture is started as a server. */
export function program(file: string, ...parameters: string[]): McpProgramOptions {
  const path = fileURLToPath(new URL(`fixtures/${file}`, import.meta.url))
  const { NODE_COMPILE_CACHE: cache } = process.env
  return {
    name: 'fixture',
    command: execPath,
    args: [...PROGRAM_FLAGS, path, ...parameters],
    ...(cache === undefined ? {} : { env: { NODE_COMPILE_CACHE: cache } }),
  }
}

/** A source as a loop opens it. */
export interface Opened {
  readonly scope: Scope
  /** Of the list that is the newest. */
  readonly tools: ReadonlyMap<string, Tool>
  readonly lost: readonly unknown[]
  /** What tools said to people. */
  readonly said: readonly string[]
  readonly call: (name: string, args?: unknown, signal?: AbortSignal) => Promise<unknown>
}

export async function open(source: ToolSource, signal: AbortSignal = new AbortController().signal): Promise<Opened> {
  const scope = new Scope('test')
  onTestFinished(async () => {
    await scope.close()
  })
  const tools = new Map<string, Tool>()
  const lost: unknown[] = []
  const said: string[] = []
  const take = (listed: readonly Tool[]): void => {
    tools.clear()
    for (const tool of listed) tools.set(tool.name, tool)
  }
  try {
    take(await source.open(scope, { signal, onLost: error => lost.push(error), onChanged: take }))
  } catch (error) {
    await scope.close(error)
    throw error
  }
  return {
    scope,
    tools,
    lost,
    said,
    async call(name, args = {}, own = new AbortController().signal) {
      const tool = tools.get(name)
      if (tool === undefined) throw new Error(`There is no tool ${name}.`)
      const child = scope.child('call')
      const context: ToolContext = { signal: own, scope: child, callId: '1', output: text => said.push(text) }
      try {
        return await tool.execute(args, context)
      } finally {
        await child.close()
      }
    },
  }
}
