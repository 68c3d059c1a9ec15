import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { compareToBaseline, readBaseline, saveBaseline, updateBaseline } from '../src/baseline.ts'
import type { LeakReport } from '../src/report.ts'
import { boundedReport, cleanReport, CWD, inconclusiveReport, leakReport, leakSite } from './support/reports.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'leaktest-baseline-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A report as judged by the baseline that another report made. */
function judged(report: LeakReport, before: LeakReport): LeakReport {
  const file = join(newFolder(), 'baseline.json')
  saveBaseline(file, [before], CWD)
  return compareToBaseline(report, readBaseline(file), CWD)
}

describe('a baseline', () => {
  it('lets pass what is no worse, and says so', () => {
    const moved = leakReport({ sites: [leakSite({ line: 240, objectsPerIteration: 1.02 })] })
    expect(judged(moved, leakReport())).toMatchObject({
      verdict: 'clean',
      findings: [],
      sites: [],
      counters: [],
      ignored: [
        { what: 'run (src/loop.ts)', reason: 'no worse than the baseline' },
        { what: '1 listeners of AbortSignal per iteration', reason: 'no worse than the baseline' },
      ],
    })
  })

  it('keeps the leak that is new beside the known one', () => {
    const both = leakReport({ sites: [leakSite(), leakSite({ function: 'Pool.take', line: 3 })] })
    const report = judged(both, leakReport())
    expect(report.verdict).toBe('leak')
    expect(report.findings).toEqual([expect.stringContaining('`Pool.take` (src/loop.ts:3) leaves 1 object')])
    expect(report.counters).toEqual([])
    expect(report.ignored).toHaveLength(2)
  })

  it('knows a method with its class and without', () => {
    const [plain, named] = ['run', 'AgentLoop.run'].map(name => leakReport({ sites: [leakSite({ function: name })] }))
    if (plain === undefined || named === undefined) throw new Error('no reports')
    expect(judged(named, plain).verdict).toBe('clean')
    expect(judged(plain, named).verdict).toBe('clean')
    expect(judged(leakReport({ sites: [leakSite({ function: 'AgentLoop.start' })] }), named).verdict).toBe('leak')
  })

  it.each([
    ['a site', { sites: [leakSite({ objectsPerIteration: 2 })] }],
    ['a counter', { counters: [{ counter: 'listeners', of: 'AbortSignal', before: 0, after: 800, perIteration: 2 }] }],
    ['the heap', { bytesPerIteration: { value: 200, low: 180, high: 220 } }],
  ] as const)('calls it a leak when %s got worse', (_, worse) => {
    const report = judged(leakReport(worse), leakReport())
    expect(report.verdict).toBe('leak')
    expect(report.findings.length).toBeGreaterThan(0)
  })

  it.each([
    ['clean', cleanReport({ bytesPerIteration: { value: 0, low: -264, high: 264 } })],
    ['bounded', boundedReport({ sites: [leakSite()], counters: leakReport().counters })],
    ['inconclusive', inconclusiveReport({ sites: [leakSite()], counters: leakReport().counters })],
  ])('allows nothing to a test that was %s', (_, before) => {
    expect(judged(leakReport(), before)).toEqual(leakReport())
    const grows = leakReport({ sites: [], counters: [], bytesPerIteration: { value: 5, low: 4.5, high: 5.5 } })
    expect(judged(grows, before)).toEqual(grows)
  })

  it('judges a test that it does not have as if there were none', () => {
    const report = judged(leakReport({ name: 'constructor' }), leakReport())
    expect(report.verdict).toBe('leak')
    expect(report.reasons).toEqual(['The baseline has no test of this name.'])
    expect(judged(cleanReport({ name: 'new' }), leakReport())).toEqual(cleanReport({ name: 'new' }))
  })

  it('is written whole or not at all, sorted by name, without the path of the machine', () => {
    const folder = newFolder()
    const file = join(folder, 'baseline.json')
    saveBaseline(file, [leakReport({ name: 'b' }), leakReport({ name: 'a' })], CWD)
    expect(Object.keys(readBaseline(file).reports)).toEqual(['a', 'b'])
    expect(readFileSync(file, 'utf8')).not.toContain(CWD)
    const twice = (): void => saveBaseline(file, [leakReport({ name: 'c' }), leakReport({ name: 'c' })], CWD)
    expect(twice).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(Object.keys(readBaseline(file).reports)).toEqual(['a', 'b'])
    expect(readdirSync(folder)).toEqual(['baseline.json'])
  })

  it('keeps what it says of other tests when it is updated', () => {
    const file = join(newFolder(), 'baseline.json')
    updateBaseline(file, [leakReport({ name: 'a' }), leakReport({ name: 'b' })], CWD)
    const before = readBaseline(file).reports
    updateBaseline(file, [cleanReport({ name: 'b' }), leakReport({ name: 'c' })], CWD)
    const { a, b, c } = readBaseline(file).reports
    expect(a).toEqual(before.a)
    expect(b?.sites).toEqual({})
    expect(c?.sites).toEqual(before.a?.sites)
    writeFileSync(file, '[]')
    const broken = (): void => updateBaseline(file, [leakReport()], CWD)
    expect(broken).toThrow(expect.objectContaining({ code: 'BASELINE_UNREADABLE' }))
    expect(readFileSync(file, 'utf8')).toBe('[]')
  })

  it('leaves no draft behind when it cannot be put in place', () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'baseline.json'))
    expect(() => saveBaseline(join(folder, 'baseline.json'), [leakReport()], CWD)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(readdirSync(folder)).toEqual(['baseline.json'])
  })

  it.each([
    ['no JSON', '{'],
    ['another version', '{"version":2,"reports":{}}'],
    ['something else', '[]'],
    ['an entry that is none', '{"version":1,"reports":{"a":{"bytesPerIteration":3,"counters":{},"sites":{}}}}'],
  ])('refuses %s', (_, text) => {
    const file = join(newFolder(), 'baseline.json')
    writeFileSync(file, text)
    expect(() => readBaseline(file)).toThrow(expect.objectContaining({ code: 'BASELINE_UNREADABLE', facts: { file } }))
  })

  it('refuses a file that is not there', () => {
    const file = join(newFolder(), 'none.json')
    expect(() => readBaseline(file)).toThrow(expect.objectContaining({ code: 'BASELINE_UNREADABLE' }))
  })
})
