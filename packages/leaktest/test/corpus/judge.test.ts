import { describe, expect, it } from 'vitest'
import type { Expected } from '../../corpus/case.ts'
import { judge } from '../../corpus/judge.ts'
import { boundedReport, cleanReport, inconclusiveReport, leakReport, leakSite } from '../support/reports.ts'

const module = { path: leakSite().file, text: '' }
const leak: Expected = { verdict: 'leak' }

describe('a verdict', () => {
  it('of a leak has to be a leak', () => {
    expect(judge(leak, leakReport(), module).right).toBe(true)
    for (const report of [cleanReport(), boundedReport(), inconclusiveReport()])
      expect(judge(leak, report, module).right).toBe(false)
  })

  it('of a clean control has to be clean', () => {
    expect(judge({ verdict: 'clean' }, cleanReport(), module).right).toBe(true)
    for (const report of [leakReport(), boundedReport(), inconclusiveReport()])
      expect(judge({ verdict: 'clean' }, report, module).right).toBe(false)
  })

  it.each([
    [1_800, true],
    [2_200, true],
    [1_799, false],
    [2_201, false],
  ])('of a bound of 2,000 that says %d is right: %s', (bound, right) => {
    expect(judge({ verdict: 'bounded', bound: 2_000 }, boundedReport({ bound }), module).right).toBe(right)
  })

  it('of a bound is wrong without a bound, or with another verdict', () => {
    const { bound: _, ...unbounded } = boundedReport()
    for (const report of [unbounded, cleanReport(), cleanReport({ bound: 2_000 })])
      expect(judge({ verdict: 'bounded', bound: 2_000 }, report, module).right).toBe(false)
  })

  it('may be clean where no bound is expected', () => {
    expect(judge({ verdict: 'bounded' }, boundedReport(), module).right).toBe(true)
    expect(judge({ verdict: 'bounded' }, cleanReport(), module).right).toBe(true)
    expect(judge({ verdict: 'bounded' }, leakReport(), module).right).toBe(false)
  })
})

describe('a site', () => {
  it.each([
    ['run', 'AgentLoop.run', true],
    ['AgentLoop.run', 'run', true],
    ['AgentLoop.run', 'AgentLoop.run', true],
    ['run', 'rerun', false],
    ['run', 'AgentLoop.run.inner', false],
  ])('expected in %s and found in %s is right: %s', (name, found, right) => {
    const report = leakReport({ sites: [leakSite({ function: found })] })
    expect(judge({ ...leak, site: ['other', name] }, report, module).siteRight).toBe(right)
  })

  it('is right on the line that is marked, whatever the function', () => {
    const marked = { path: module.path, text: 'const all = []\n\nall.push({}) // leaks here\n' }
    const [above, there] = [2, 3].map(line => leakReport({ sites: [leakSite({ function: 'else', line })] }))
    expect(there && judge(leak, there, marked).siteRight).toBe(true)
    expect(above && judge(leak, above, marked).siteRight).toBe(false)
  })

  it('is wrong in another file', () => {
    const report = leakReport({ sites: [leakSite({ file: '/elsewhere/loop.ts' })] })
    expect(judge({ ...leak, site: ['run'] }, report, module).siteRight).toBe(false)
  })

  it('is not judged where none is expected', () => {
    expect(judge(leak, leakReport(), module)).toEqual({ right: true })
  })
})

describe('a retainer and a counter', () => {
  it('are right when the report names them', () => {
    const expected: Expected = { ...leak, retainer: 'listeners', counter: 'listeners' }
    expect(judge(expected, leakReport(), module)).toMatchObject({ retainerRight: true, counterRight: true })
    expect(judge(expected, cleanReport(), module)).toMatchObject({ retainerRight: false, counterRight: false })
  })

  it('are wrong when the report names others, or found no way', () => {
    const { retainers: _, ...unheld } = leakSite()
    const expected: Expected = { ...leak, retainer: 'cache', counter: 'fds' }
    expect(judge(expected, leakReport(), module)).toMatchObject({ retainerRight: false, counterRight: false })
    expect(judge(expected, leakReport({ sites: [unheld] }), module).retainerRight).toBe(false)
  })
})
