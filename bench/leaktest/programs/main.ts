import type { CorpusModule } from '../../../packages/leaktest/corpus/case.ts'
import { loadCorpus, loadModule, type CorpusCase } from '../../../packages/leaktest/corpus/index.ts'
import type { Said } from '../answer.ts'

/** What a program judges. */
interface Subject {
  readonly corpusCase: CorpusCase
  /** Imports its module. */
  readonly load: () => Promise<CorpusModule>
}

/** Judges the case that the first argument names, prints what was said as the last line, and ends this process. */
export async function main(judge: (subject: Subject) => Promise<Said>): Promise<void> {
  const corpusCase = (await loadCorpus()).find(({ name }) => name === process.argv[2])
  if (corpusCase === undefined) throw new Error(`There is no case ${JSON.stringify(process.argv[2])}.`)
  const said = await judge({ corpusCase, load: () => loadModule(corpusCase) }).catch((error: unknown): Said => ({
    answer: 'error',
    detail: String(error),
  }))
  await new Promise<void>(written => process.stdout.write(`\n${JSON.stringify(said)}\n`, () => written()))
  process.exit()
}
