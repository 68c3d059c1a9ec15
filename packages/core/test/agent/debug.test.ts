import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { debugLog, withDebugCounts } from '../../src/agent/debug.ts'

/** What is printed on stderr for the rest of the test. */
function printed(): string[] {
  const lines: string[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation(text => lines.push(String(text)) > 0)
  onTestFinished(() => write.mockRestore())
  return lines
}

function setVariable(name: string, value: string | undefined): void {
  vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe('DEBUG', () => {
  it.each([
    ['oakum:agent', true],
    ['http, oakum:agent', true],
    ['http oakum:*', true],
    ['*', true],
    ['oa*:a*t', true],
    ['oakum:agents', false],
    ['oakum', false],
    ['oakum.agent', false],
    ['*,-oakum:agent', false],
    ['', false],
    [undefined, false],
  ])('%o asks for the lines of the loop: %s', (value, asked) => {
    setVariable('DEBUG', value)
    expect(debugLog('coder') !== undefined).toBe(asked)
  })

  it('is heard while the program runs', () => {
    setVariable('DEBUG', undefined)
    expect(debugLog('coder')).toBeUndefined()
    setVariable('DEBUG', 'oakum:*')
    expect(debugLog('coder')).toBeDefined()
  })

  it('prints one line, whatever there is to tell', () => {
    setVariable('DEBUG', 'oakum:agent')
    const lines = printed()
    debugLog('coder')?.('turn_started')
    debugLog('coder')?.('retry', { wait: 20, error: new Error('two\nlines'), text: 'a\nb'.repeat(1_000) })
    expect(lines).toEqual([
      expect.stringMatching(/^\S+Z oakum:agent coder: turn_started\n$/),
      expect.stringMatching(/^\S+Z oakum:agent coder: retry \{ wait: 20, error: Error: two lines .*\}\n$/),
    ])
    expect(lines[1]?.length).toBeLessThan(5_000)
  })
})

describe('DEBUG_CANCEL and DEBUG_TERMINATE', () => {
  it('print what is held before and after, each for its own', async () => {
    setVariable('DEBUG_CANCEL', '1')
    const lines = printed()
    let streams = 1
    const work = async (): Promise<string> => `held ${streams--}`
    expect(await withDebugCounts('cancel', 'coder', () => ({ streams }), work)).toBe('held 1')
    await withDebugCounts('terminate', 'coder', () => ({ streams }), work)
    expect(lines).toEqual([
      expect.stringMatching(/^\S+Z oakum:agent coder: before cancel \{ streams: 1 \}\n$/),
      expect.stringMatching(/^\S+Z oakum:agent coder: after cancel \{ streams: 0 \}\n$/),
    ])
  })

  it('print what is held after work that failed, and leave its error alone', async () => {
    setVariable('DEBUG_TERMINATE', '1')
    const lines = printed()
    const failing = withDebugCounts(
      'terminate',
      'coder',
      () => ({}),
      async () => Promise.reject(new Error('no')),
    )
    await expect(failing).rejects.toThrow('no')
    expect(lines).toHaveLength(2)
  })

  it('count nothing when they are off', async () => {
    setVariable('DEBUG_CANCEL', '0')
    const lines = printed()
    const counts = vi.fn(() => ({}))
    await withDebugCounts('cancel', 'coder', counts, async () => undefined)
    expect(counts).not.toHaveBeenCalled()
    expect(lines).toEqual([])
  })
})
