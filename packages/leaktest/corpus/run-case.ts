/**
 * Runs one case of the corpus in this process, and ends it, whatever the leak has left behind.
 *
 *     node --conditions=@oakum/source --expose-gc run-case.ts NAME [--json]
 *
 * Prints the findings, or with `--json` a `CaseResult` as the last line. Exits 0 when the report is right, 1 when it is not, 2
 * when there is no such case.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { leaktest } from '@oakum/leaktest'
import type { CorpusModule } from './case.ts'
import { loadCorpus, loadModule, type CorpusCase } from './index.ts'
import { judge } from './judge.ts'
import { toCaseError, type CaseResult } from './result.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const [wanted] = positionals
const chosen = (await loadCorpus()).find(({ name }) => name === wanted)
if (chosen === undefined) {
  await print(process.stderr, `There is no case ${JSON.stringify(wanted)}; say one NAME of leaks/ or controls/.`)
  process.exit(2)
}
const result = await run(chosen)
await print(process.stdout, values.json === true ? JSON.stringify(result) : describe(result))
process.exit(result.right ? 0 : 1)

async function run(corpusCase: CorpusCase): Promise<CaseResult> {
  const { name, path, group, half } = corpusCase
  let module: CorpusModule | undefined
  try {
    module = await loadModule(corpusCase)
    const { default: scenario, expected, options, close } = module
    const report = await leaktest(name, scenario, options)
    await close?.()
    return {
      name,
      group,
      half,
      expected,
      report,
      ...judge(expected, report, { path, text: await readFile(path, 'utf8') }),
    }
  } catch (error) {
    return { name, group, half, ...(module && { expected: module.expected }), error: toCaseError(error), right: false }
  }
}

function describe({ report, error, expected, right, siteRight, retainerRight, counterRight }: CaseResult): string {
  if (report === undefined) return `${error?.code ?? error?.name}: ${error?.message}`
  const parts = { site: siteRight, retainer: retainerRight, counter: counterRight }
  const missed = Object.entries(parts).flatMap(([part, isRight]) => (isRight === false ? [part] : []))
  return [
    `${report.verdict}${report.bound === undefined ? '' : ` at ${report.bound}`}: ${right ? 'right' : `wrong, it is ${expected?.verdict}`}`,
    ...(missed.length > 0 ? [`missed: ${missed.join(', ')}`] : []),
    ...report.findings,
    ...report.reasons,
    ...report.sites.flatMap(site => (site.retainers ? [`held by ${site.retainers.text}`] : [])),
    `${report.iterations} iterations in ${Math.round(report.milliseconds)} ms`,
  ].join('\n')
}

/** Resolves when it is written, so that the process may end. */
function print(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise(written => stream.write(`${text}\n`, () => written()))
}
