import { join } from 'node:path'
import type { CorpusCase } from './index.ts'
import { askIsolated } from './isolate.ts'
import { toCaseError, type CaseResult } from './result.ts'

/** How long one case may take, in milliseconds. */
const LIMIT = 60_000

/** Runs a case in a process of its own. Never rejects: what went wrong is in the result. */
export async function runIsolated({ name, group, half }: CorpusCase, signal: AbortSignal): Promise<CaseResult> {
  const program = [join(import.meta.dirname, 'run-case.ts'), name, '--json']
  try {
    return JSON.parse(await askIsolated(program, { limit: LIMIT, signal }))
  } catch (error) {
    return { name, group, half, right: false, error: toCaseError(error) }
  }
}
