/**
 * What a loop leaves behind, however its runs end: no bytes to speak of, and exactly no handle, listener or instance. Each way of ending has
 * a twin that forgets something, which the same measurement finds.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { NOTHING_HELD } from './loops.ts'
import { PROGRAM_FLAGS } from '../support/fixture-program.ts'

const PROGRAM = fileURLToPath(new URL('fixtures/endings.ts', import.meta.url))

/** What is found of each twin. */
const FORGOTTEN = {
  'by cancels': /Run: \+2\d\d/,
  'by breaks': /listeners: \+2\d\d/,
  'by terminates': /AgentLoop: \+2\d\d/,
  'by aborts of the signal that was passed in': /Scope: \+2\d\d/,
  'by errors of the stream': /bytes: \d{3,}/,
  'with tools that reject': /handles: \+2\d\d/,
}

function run(...flags: string[]): Promise<{ stdout: string }> {
  return promisify(execFile)(process.execPath, [...flags, ...PROGRAM_FLAGS, PROGRAM])
}

describe('a thousand runs', () => {
  const measured = run('--expose-gc').then(({ stdout }) => JSON.parse(stdout))

  it.each(Object.entries(FORGOTTEN))(
    'that end %s leave nothing, and what somebody forgets is found',
    async (name, found) => {
      const { told, twins } = await measured
      expect(told[name]).toEqual({ left: [], held: NOTHING_HELD })
      expect(twins[name].join('\n')).toMatch(found)
    },
  )

  it('leave no instance, no listener, no warning of listeners, and no loop that counts as active', async () => {
    const { clean, active } = await measured
    expect(clean).toEqual({ rises: { AgentLoop: 0, Run: 0, Scope: 0, listeners: 0 }, warnings: [] })
    expect(active).toBe(0)
  })

  it('cannot be measured without the collector', async () => {
    await expect(run()).rejects.toThrow('--expose-gc')
  })
})
