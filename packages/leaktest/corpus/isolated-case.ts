import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LeakReport } from '@oakum/leaktest'
import { cacheVariables } from './compile-cache.ts'
import type { CorpusCase } from './index.ts'
import { askIsolated, FLAGS, runProgram, type Ended, type IsolationOptions } from './isolate.ts'
import { judge } from './judge.ts'
import { toCaseError, type CaseResult } from './result.ts'
import { readAnswer } from './runners/answer.ts'
import { RUNNERS, type Runner } from './runners/index.ts'
import type { Surroundings } from './runners/surroundings.ts'

/** How long one case may take, in milliseconds: enough for a machine that is ten times as slow as it should be. */
const LIMIT = 300_000

/** Runs a case in a process of its own. Never rejects: what went wrong is in the result. */
export async function runIsolated(
  corpusCase: CorpusCase,
  signal: AbortSignal,
  { runner, node = process.execPath }: Surroundings = {},
): Promise<CaseResult> {
  const { name, group, half } = corpusCase
  const options = { limit: LIMIT, signal, env: cacheVariables(name) }
  try {
    if (runner !== undefined) return await runByRunner(corpusCase, RUNNERS[runner], { ...options, node: [node] })
    const program = [join(import.meta.dirname, 'run-case.ts'), name, '--json']
    return JSON.parse(await askIsolated(program, { ...options, node: [node, ...FLAGS] }))
  } catch (error) {
    return { name, group, half, right: false, error: toCaseError(error) }
  }
}

/** The runner has to pass or fail as the verdict says, or what it reports is taken for nothing. */
async function runByRunner(
  { name, group, half, path }: CorpusCase,
  { args, prints }: Runner,
  options: IsolationOptions,
): Promise<CaseResult> {
  const folder = await mkdtemp(join(tmpdir(), 'oakum-case-'))
  try {
    const answer = join(folder, 'answer')
    const env = { ...options.env, OAKUM_CASE: path, OAKUM_ANSWER: answer, NO_COLOR: '1', CI: '1' }
    const ended = await runProgram(args(), { ...options, env })
    const told = await readAnswer(answer)
    const report = prints === true ? printedReport(ended) : told.report
    const { expected } = told
    if (report === undefined || expected === undefined)
      throw new Error(`It ended without a report. ${lastWords(ended)}`)
    if ((ended.code === 0) !== (report.verdict === 'clean' || report.verdict === 'bounded'))
      throw new Error(`It ended with code ${ended.code} though the verdict is ${report.verdict}. ${lastWords(ended)}`)
    const module = { path, text: await readFile(path, 'utf8') }
    return { name, group, half, expected, report, ...judge(expected, report, module) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function printedReport({ output }: Ended): LeakReport | undefined {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  if (!line.startsWith('{')) return undefined
  const outcome: LeakReport | { error: unknown } = JSON.parse(line)
  return 'error' in outcome ? undefined : outcome
}

function lastWords({ output, errors }: Ended): string {
  return `${output}\n${errors}`.trim().slice(-2_000)
}
