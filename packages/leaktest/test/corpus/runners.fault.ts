import { describe, expect, it } from 'vitest'
import { loadCorpus, type CorpusCase } from '../../corpus/index.ts'
import { runIsolated } from '../../corpus/isolated-case.ts'
import { surroundingsOf } from '../../corpus/runners/surroundings.ts'

const { signal } = new AbortController()

// jest, and other releases of Node, are installed for the soak alone.
describe.each(['vitest-forks', 'vitest-threads', 'node-test', 'cli'])('in %s', runner => {
  it.each(['thirty-two-bytes', 'lru-500'])('%s gets the right verdict', async name => {
    const result = await runIsolated(await caseOf(name), signal, surroundingsOf(runner))
    expect(result.error).toBeUndefined()
    expect(result, result.report?.findings.join('\n')).toMatchObject({ name, right: true })
  })

  it('a scenario that throws has no verdict, and fails', async () => {
    const path = `${import.meta.dirname}/fixtures/throwing.ts`
    const throwing: CorpusCase = { name: 'throwing', path, group: 'control', half: 'tuned' }
    const { report, error, right } = await runIsolated(throwing, signal, surroundingsOf(runner))
    expect(right).toBe(false)
    expect(report).toBeUndefined()
    expect(error?.message).toMatch(/without a report.*it broke/s)
  })
})

it('refuses what is not there', () => {
  expect(() => surroundingsOf('mocha')).toThrow('no "mocha"')
  expect(() => surroundingsOf('process', '20')).toThrow('no Node "20"')
})

async function caseOf(name: string): Promise<CorpusCase> {
  const found = (await loadCorpus()).find(one => one.name === name)
  if (found === undefined) throw new Error(`There is no case ${name}.`)
  return found
}
