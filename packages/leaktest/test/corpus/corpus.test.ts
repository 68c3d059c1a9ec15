import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UNCACHED } from '../../corpus/compile-cache.ts'
import { loadCorpus, loadModule, type CorpusCase } from '../../corpus/index.ts'

describe('the corpus', () => {
  it('lists every module once, under the name of its file', async () => {
    const corpus = await loadCorpus()
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
    expect(corpus.map(({ path }) => basename(path))).toEqual(corpus.map(({ name }) => `${name}.ts`))
  })

  it('has 40 leaks and 25 controls at least, and about half of each in either half', async () => {
    const corpus = await loadCorpus()
    for (const [group, least] of [
      ['leak', 40],
      ['control', 25],
    ] as const) {
      const cases = corpus.filter(one => one.group === group)
      const tuned = cases.filter(({ half }) => half === 'tuned')
      expect(cases.length).toBeGreaterThanOrEqual(least)
      expect(tuned.length / cases.length).toBeGreaterThan(0.35)
      expect(tuned.length / cases.length).toBeLessThan(0.65)
    }
  })

  it('keeps a case in its half', async () => {
    const halves = new Map((await loadCorpus()).map(({ name, half }) => [name, half]))
    expect(halves.get('lru-500')).toBe('frozen')
    expect(halves.get('lru-2000')).toBe('tuned')
  })

  it('has the cases whose modules are not kept', async () => {
    const names = (await loadCorpus()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...UNCACHED]))
  })
})

describe('a module of the corpus', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oakum-corpus-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const written = async (name: string, source: string, group: CorpusCase['group']): Promise<CorpusCase> => {
    const path = join(directory, `${name}.mjs`)
    await writeFile(path, source)
    return { name, path, group, half: 'tuned' }
  }
  const scenario = 'export default () => {};'

  it('is loaded with what it exports', async () => {
    const source = `${scenario} export const expected = { verdict: 'bounded', bound: 5 }; export const close = () => {}`
    const module = await loadModule(await written('good', source, 'control'))
    expect(module.expected).toEqual({ verdict: 'bounded', bound: 5 })
    expect(module.default).toBeTypeOf('function')
    expect(module.close).toBeTypeOf('function')
  })

  it.each([
    ['no-scenario', `export const expected = { verdict: 'clean' }`, 'exports no scenario'],
    ['no-expected', scenario, 'exports no `expected`'],
    ['accusing', `${scenario} export const expected = { verdict: 'leak' }`, 'expects the verdict "leak"'],
    ['clean-bound', `${scenario} export const expected = { verdict: 'clean', bound: 5 }`, '`bound`'],
    ['no-bound', `${scenario} export const expected = { verdict: 'bounded', bound: 0 }`, '`bound`'],
    ['options', `${scenario} export const expected = { verdict: 'clean' }; export const options = 5`, '`options`'],
    ['close', `${scenario} export const expected = { verdict: 'clean' }; export const close = 5`, '`close`'],
  ])('is refused by name when it is wrong: %s', async (name, source, message) => {
    const refused = loadModule(await written(name, source, 'control'))
    await expect(refused).rejects.toThrow(`The control "${name}"`)
    await expect(refused).rejects.toThrow(message)
  })
})
