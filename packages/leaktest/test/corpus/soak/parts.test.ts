import { expect, it } from 'vitest'
import { loadCorpus } from '../../../corpus/index.ts'
import { casesOf, PARTS } from '../../../corpus/soak/parts.ts'

it('asks for as many verdicts as a part says, round after round', async () => {
  const corpus = await loadCorpus()
  for (const [name, group] of [
    ['controls', 'control'],
    ['leaks', 'leak'],
  ] as const) {
    const part = PARTS.find(one => one.name === name)
    const cases = part === undefined ? [] : casesOf(part, corpus)
    expect(cases).toHaveLength(1_000)
    expect(new Set(cases)).toEqual(new Set(corpus.filter(one => one.group === group)))
  }
})

it('has every other part take the whole corpus once', async () => {
  const corpus = await loadCorpus()
  for (const part of PARTS.slice(2)) expect(casesOf(part, corpus)).toEqual(corpus)
})
