import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatText } from '../../src/format/index.ts'
import { boundedReport, cleanReport, CWD, inconclusiveReport, leakReport, leakSite } from '../support/reports.ts'

describe('text', () => {
  it('says of a leak how much, where, since when and who holds it', () => {
    const report = leakReport({ ignored: [{ what: 'fds', reason: 'a pool of two' }], reasons: ['A reason.'] })
    expect(formatText(report, { cwd: CWD })).toBe(
      [
        '✗ leak  cancel',
        '  `AgentLoop.run` (src/loop.ts:212) leaves 1 listener per iteration on AbortSignal, 96 bytes per iteration – retained by signal → listeners → closure',
        '  bytes      96 per iteration  (90 to 102)',
        '  objects     1 per iteration  (0.98 to 1.02)',
        '  listeners   1 listener per iteration  (12 → 412)  AbortSignal',
        '  site  `AgentLoop.run` (src/loop.ts:212)  1 object (Listener) per iteration, 96 bytes',
        '        ██████  of each 20 iterations, oldest first, at most 20',
        '  note  A reason.',
        '  ignored  fds: a pool of two',
        '  400 iterations after 40 of warm-up, 0.61 s, sees 1 leak in 400, seed 7, Node v24.21.0',
      ].join('\n'),
    )
  })

  it('says of a counter that rises seldom how seldom', () => {
    const seldom = { counter: 'fds', before: 20, after: 28, perIteration: 0.001 } as const
    expect(formatText(leakReport({ counters: [seldom] }), { cwd: CWD })).toMatch(
      /^ {2}fds +1 descriptor in 1,000 iterations {2}\(20 → 28\)$/m,
    )
  })

  it('needs one line for a clean test', () => {
    expect(formatText(cleanReport(), { cwd: CWD })).toBe(
      '✓ clean  cancel  0 bytes per iteration, 400 iterations in 0.61 s',
    )
  })

  it('gives the bound of a bounded test, and the reason of an inconclusive one', () => {
    const bounded = formatText(boundedReport(), { cwd: CWD })
    expect(bounded).toContain('✓ bounded at about 2,000  cancel')
    expect(bounded).toContain('▁▁▁███')
    expect(formatText(inconclusiveReport(), { cwd: CWD })).toContain('note  3 iterations are too few')
  })

  it('puts several one after the other, and counts them', () => {
    const failed = { name: 'boom', error: { code: 'SCENARIO_FAILED', message: 'It threw\nin iteration 3.' } }
    const lines = formatText([cleanReport(), leakReport(), failed], { cwd: CWD }).split('\n')
    expect(lines[0]).toContain('clean')
    expect(lines.slice(-4)).toEqual([
      '✗ failed  boom',
      '  It threw in iteration 3. (SCENARIO_FAILED)',
      '',
      '3 scenarios: 1 clean, 1 leak, 1 failed',
    ])
  })

  it('colours on request, without changing a word', () => {
    const coloured = formatText(leakReport(), { cwd: CWD, colour: true })
    expect(coloured).toContain('\u001b[31m')
    expect(stripVTControlCharacters(coloured)).toBe(formatText(leakReport(), { cwd: CWD }))
  })

  it('lets no name of the tested program move the cursor or break a row', () => {
    const evil = 'a\u001b[2Jb\nc\u009b3Jd'
    const report = leakReport({
      name: evil,
      findings: [evil],
      reasons: [evil],
      ignored: [{ what: evil, reason: evil }],
      sites: [leakSite({ function: evil, file: evil, type: evil })],
      counters: [{ counter: 'instances', of: evil, before: 0, after: 9, perIteration: 1 }],
    })
    const text = formatText([report, { name: evil, error: { code: 'X', message: evil } }], { cwd: CWD })
    // oxlint-disable-next-line no-control-regex -- that there are none is the subject
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    expect(text.split('\n').filter(line => line.startsWith('c'))).toEqual([])
  })

  it('shows the five worst sites and says when a line is only that of the function', () => {
    const sites = Array.from({ length: 8 }, (_, index) => leakSite({ line: index + 1, exact: false }))
    const text = formatText(leakReport({ sites }), { cwd: CWD })
    expect(text).toContain('(src/loop.ts:5)')
    expect(text).not.toContain('(src/loop.ts:6)')
    expect(text).toContain('… and 3 more sites')
    expect(text).toContain('(line of the function)')
  })
})
