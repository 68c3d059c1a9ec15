import { describe, expect, it } from 'vitest'
import { startDemo } from '../support/demo.ts'

describe('oakum up --demo --once', () => {
  it('kills 3 of 10 real agents, shows that all they held is gone, and leaves nothing', async () => {
    const { done, processes, files } = await startDemo('--once')
    const { code, stdout, stderr } = await done
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('3 orphans, 3 cleaned, 7 healthy')
    expect(stdout.match(/^agent-\d\d +\d+ +\d+ +\/\S+ +\d+\.\d\d s$/gm)).toHaveLength(3)
    expect(stdout).toMatch(/7 agents shut down in .*no process and no directory is left/)
    expect(stdout).not.toContain('\u001b')
    expect(processes()).toEqual([])
    expect(await files()).toEqual([])
  })

  it('gives programs one summary', async () => {
    const { code, stdout, stderr } = await (await startDemo('--once', '--json')).done
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const summary: unknown = JSON.parse(stdout)
    expect(summary).toMatchObject({
      ok: true,
      orphans: 3,
      cleaned: 3,
      healthy: 7,
      shutdown: { agents: 7, left: [] },
      problems: [],
    })
    const killed = { pid: expect.any(Number), child: expect.any(Number), secondsToGone: expect.any(Number) }
    expect(summary).toMatchObject({ killed: [killed, killed, killed] })
  })
})
