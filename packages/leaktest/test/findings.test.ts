import { describe, expect, it } from 'vitest'
import { describeFindings } from '../src/findings.ts'
import { boundedReport, cleanReport, CWD, inconclusiveReport, leakReport, leakSite } from './support/reports.ts'

const tell = (report: Parameters<typeof describeFindings>[0]): string[] => describeFindings(report, CWD)

describe('findings', () => {
  it('joins a counter with the site that made what it counted', () => {
    expect(tell(leakReport())).toEqual([
      '`AgentLoop.run` (src/loop.ts:212) leaves 1 listener per iteration on AbortSignal, 96 bytes per iteration – retained by signal → listeners → closure',
    ])
  })

  it('tells of objects where nothing was counted', () => {
    const { retainers: _, type: __, ...site } = leakSite({ objectsPerIteration: 3.02, bytesPerIteration: 120.4 })
    expect(tell(leakReport({ counters: [], sites: [site] }))).toEqual([
      '`AgentLoop.run` (src/loop.ts:212) leaves 3 objects per iteration, 120 bytes per iteration',
    ])
  })

  it('says one in so many iterations for what leaks rarely', () => {
    const site = leakSite({ objectsPerIteration: 0.00503, bytesPerIteration: 0.48 })
    expect(tell(leakReport({ counters: [], sites: [site] }))[0]).toContain(
      'leaves 1 object (Listener) in 199 iterations, 0.48 bytes per iteration',
    )
    const counters = [{ counter: 'fds', before: 20, after: 22, perIteration: 0.005 }] as const
    expect(tell(leakReport({ counters, sites: [] }))).toEqual([
      '1 descriptor in 200 iterations stays (20 before, 22 after)',
    ])
  })

  it('keeps a counter apart from sites that have nothing to do with it', () => {
    const counters = [
      { counter: 'instances', of: 'AgentLoop', before: 0, after: 800, perIteration: 2 },
      { counter: 'children', before: 0, after: 400, perIteration: 1 },
    ] as const
    expect(tell(leakReport({ counters })).slice(1)).toEqual([
      '2 instances of AgentLoop per iteration stay (0 before, 800 after)',
      '1 child process per iteration stays (0 before, 400 after)',
    ])
  })

  it('does not tell of a timer twice, as a timer and as a handle', () => {
    const counters = [
      { counter: 'handles', before: 3, after: 403, perIteration: 1 },
      { counter: 'timers', before: 0, after: 400, perIteration: 1 },
    ] as const
    expect(tell(leakReport({ counters, sites: [] }))).toEqual(['1 timer per iteration stays (0 before, 400 after)'])
    const [handles] = tell(leakReport({ counters: [counters[0]], sites: [] }))
    expect(handles).toContain('1 handle per iteration')
  })

  it('names what a bounded cache holds, and the place alone at the top level of a module', () => {
    const site = leakSite({ function: '', file: 'file:///srv/app/cache.mjs', line: 9 })
    const { retainers: _, ...bare } = site
    expect(tell(boundedReport({ sites: [bare] }))).toEqual([
      '/srv/app/cache.mjs:9 holds what the newest 2,000 iterations made, and no more',
    ])
  })

  it('says what is known when the heap grows and no site explains it', () => {
    const bytesPerIteration = { value: 32, low: 31.2, high: 33 }
    expect(tell(leakReport({ counters: [], sites: [], bytesPerIteration }))).toEqual([
      expect.stringMatching(/^The heap grows by 32 bytes per iteration \(31\.2 to 33\), and no site/),
    ])
  })

  it('claims nothing while it cannot tell, and nothing of a clean test', () => {
    expect(tell(leakReport({ verdict: 'inconclusive' }))[0]).toContain('may leave')
    expect(tell(inconclusiveReport())).toEqual([])
    expect(tell(cleanReport())).toEqual([])
  })

  it('tells of the five worst sites, and counts the others', () => {
    const sites = Array.from({ length: 7 }, (_, index) => leakSite({ line: index + 1 }))
    const sentences = tell(leakReport({ counters: [], sites }))
    expect(sentences).toHaveLength(6)
    expect(sentences.at(-1)).toBe('2 more sites leave less')
  })
})
