import type { CorpusCase } from '../../packages/leaktest/corpus/index.ts'
import { askIsolated } from '../../packages/leaktest/corpus/isolate.ts'
import type { Outcome, Said } from './answer.ts'
import type { Tool } from './tools.ts'

/** How long a tool may take for one case, in milliseconds. */
const LIMIT = 120_000

/** Has a tool judge a case, in processes of their own. Never rejects: what went wrong is the answer `error` with its detail. */
export async function runTool(tool: Tool, { name, group }: CorpusCase, signal: AbortSignal): Promise<Outcome> {
  const started = performance.now()
  const said = await ask(tool, name, signal)
  return { tool: tool.name, case: name, group, wall: performance.now() - started, ...said }
}

async function ask(tool: Tool, name: string, signal: AbortSignal): Promise<Said> {
  try {
    return tool.read(await askIsolated(tool.args(name), { limit: LIMIT, signal }))
  } catch (error) {
    return { answer: 'error', detail: error instanceof Error ? error.message : String(error) }
  }
}
