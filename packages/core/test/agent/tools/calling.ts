import { checkArguments } from '../../../src/agent/tools/parse-arguments.ts'
import type { Tool, ToolContext } from '../../../src/agent/tools/tool.ts'
import type { Scope } from '../../../src/scope/index.ts'

/** Calls a tool as the loop does, with arguments as a model writes them. Rejects with what is wrong with them. */
export async function call(tool: Tool, args: unknown, scope: Scope, said: string[] = []): Promise<string> {
  const checked = await checkArguments(tool, JSON.stringify(args))
  if (!checked.ok) throw new Error(checked.problem)
  return String(await tool.execute(checked.value, contextOf(scope, said)))
}

/** What a tool gets that runs in this scope. */
export function contextOf(scope: Scope, said: string[] = []): ToolContext {
  return { signal: scope.signal, scope, callId: 'call-1', output: text => void said.push(text) }
}
