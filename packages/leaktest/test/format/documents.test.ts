import { describe, expect, it } from 'vitest'
import { formatJsonLines, formatJunit, formatMarkdown, formatSvg, type FailedTest } from '../../src/format/index.ts'
import { boundedReport, cleanReport, CWD, inconclusiveReport, leakReport, leakSite } from '../support/reports.ts'
import { findAll, parseXml } from '../support/xml.ts'

const failed: FailedTest = { name: 'boom', error: { code: 'SCENARIO_FAILED', message: 'It threw in iteration 3.' } }
const evil = `<script>alert("1")</script> & 'x' | \`y\` ]]> \u0000 \ud800 \u001b[2J`
const nasty = leakReport({
  name: evil,
  findings: [evil],
  sites: [leakSite({ function: evil, file: evil, type: evil })],
})

describe('JSON lines', () => {
  it('gives each outcome as it is, one per line', () => {
    const lines = formatJsonLines([leakReport(), failed]).split('\n')
    expect(lines.map(line => JSON.parse(line) as unknown)).toEqual([leakReport(), failed])
  })

  it('escapes what a terminal would take for a command', () => {
    const line = formatJsonLines([leakReport({ name: 'a\u009b2J\u2028\u202e' })])
    expect(line).toContain(String.raw`a\u009b2J\u2028\u202e`)
  })
})

describe('JUnit', () => {
  const all = [cleanReport(), boundedReport(), leakReport(), inconclusiveReport(), failed]

  it('calls a leak and an inconclusive test failures, and no verdict an error', () => {
    const suite = findAll(parseXml(formatJunit(all, { cwd: CWD })), 'testsuite')[0]
    expect(suite?.attributes).toMatchObject({ tests: '5', failures: '2', errors: '1', skipped: '0' })
    const results = suite?.children.map(({ children }) => children[0]?.name)
    expect(results).toEqual(['system-out', 'system-out', 'failure', 'failure', 'error'])
    const [failure] = findAll(parseXml(formatJunit([leakReport()], { cwd: CWD })), 'failure')
    expect(failure?.attributes).toMatchObject({ type: 'leak', message: expect.stringContaining('AgentLoop.run') })
    expect(failure?.text).toContain('retained by signal → listeners → closure')
  })

  it('skips an inconclusive test that may pass, since it was not shown to be clean', () => {
    const document = parseXml(formatJunit(all, { cwd: CWD, failOn: new Set(['leak', 'bounded']) }))
    expect(document.children[0]?.attributes).toMatchObject({ failures: '2', errors: '1', skipped: '1' })
    expect(findAll(document, 'skipped')[0]?.attributes.message).toContain('too few to tell')
  })

  it('stays valid whatever names and messages contain', () => {
    const error = { code: evil, message: evil }
    const document = parseXml(formatJunit([nasty, { name: evil, error }], { cwd: CWD }))
    const [first] = findAll(document, 'testcase')
    expect(first?.attributes.name).toContain(`<script>alert("1")</script> & 'x'`)
    expect(first?.attributes.name).toContain('\ufffd')
  })
})

describe('Markdown', () => {
  it('begins with the sum and a row for each, then tells what is to be acted on', () => {
    const text = formatMarkdown([cleanReport({ name: 'fine' }), leakReport(), failed], { cwd: CWD })
    expect(text).toMatch(/^\*\*3 scenarios: 1 clean, 1 leak, 1 failed\*\*\n\n\| scenario /)
    expect(text).toContain('| cancel | **leak** | 96 (90 to 102) | 1 (0.98 to 1.02) | 400 | 0.61 s |')
    expect(text).toContain('- `AgentLoop.run` (src/loop.ts:212) leaves 1 listener')
    expect(text).toContain('| `AgentLoop.run` `src/loop.ts:212` | 1 Listener | 96 bytes | ██████ |')
    expect(text).not.toContain('### fine')
    expect(text).toContain(String.raw`It threw in iteration 3. (\`SCENARIO_FAILED\`)`.replaceAll('\\', ''))
  })

  it('lets no name become markup or another cell', () => {
    const text = formatMarkdown([nasty], { cwd: CWD })
    const [, row] = text.split('|--:|\n')
    expect(
      row
        ?.split('\n')[0]
        ?.replaceAll(String.raw`\|`, '')
        .split('|'),
    ).toHaveLength(8)
    expect(text.replaceAll(/`[^`\n]*`/g, '')).not.toMatch(/(?<!\\)<script/)
  })
})

describe('SVG', () => {
  it('draws a bar per batch for the three worst sites, with axes and a legend', () => {
    const sites = [1, 2, 3, 4].map(line => leakSite({ line, survivors: [0, 5, 10, 20] }))
    const drawing = parseXml(formatSvg(leakReport({ sites }), { cwd: CWD }))
    const tips = findAll(drawing, 'rect').flatMap(rect => rect.children.map(child => child.text))
    expect(tips).toHaveLength(12)
    expect(tips.slice(0, 2)).toEqual(['0 objects of iterations 0 to 19', '5 objects of iterations 20 to 39'])
    const texts = findAll(drawing, 'text').map(({ text }) => text)
    expect(texts).toEqual(expect.arrayContaining(['cancel: leak', 'objects that stay', '1 per iteration', '10', '60']))
    expect(texts.filter(text => text.startsWith('AgentLoop.run'))).toHaveLength(3)
  })

  it('draws bars as high as the survivors are many', () => {
    const drawing = parseXml(formatSvg(leakReport({ sites: [leakSite({ survivors: [5, 10, 20] })] })))
    const bars = findAll(drawing, 'rect').filter(({ children }) => children.length > 0)
    const heights = bars.map(({ attributes }) => Number(attributes.height))
    expect(heights[1]).toBeCloseTo(2 * (heights[0] ?? 0))
    expect(heights[2]).toBeCloseTo(4 * (heights[0] ?? 0))
  })

  it('takes nothing from elsewhere, and follows the colours of the reader', () => {
    const svg = formatSvg(nasty, { cwd: CWD })
    expect(svg).toContain('prefers-color-scheme: dark')
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|url\(|@import|<script|<image/)
    expect(() => parseXml(svg)).not.toThrow()
  })

  it('is a drawing also where there is no site', () => {
    const texts = findAll(parseXml(formatSvg(cleanReport())), 'text').map(({ text }) => text)
    expect(texts).toContain('No site: nothing that was allocated stays.')
  })
})
