import { describe, expect, it } from 'vitest'
import { sleepers, useToken } from '../../../../core/test/support/real-processes.ts'
import { executeHere } from '../../support/in-process.ts'
import { leaver, useRuns } from '../../support/wrapper.ts'

describe('the limits of oakum run', () => {
  it.each([
    [['--max-memory', 'lots'], 'oakum: --max-memory wants a size such as 200M or 1.5G, not "lots" (USAGE)\n'],
    [['--max-memory', '0'], 'oakum: --max-memory wants a size such as 200M or 1.5G, not "0" (USAGE)\n'],
    [['--max-time', 'soon'], expect.stringContaining('--max-time wants a duration')],
    [['--max-time', '0s'], 'oakum: --max-time wants more than 0 (USAGE)\n'],
    [['--max-processes', '1.5'], 'oakum: --max-processes wants a whole number, not "1.5" (USAGE)\n'],
    [['--max-processes', '0'], 'oakum: --max-processes wants more than 0 (USAGE)\n'],
  ])('are refused as %j, and nothing is done', async (args, stderr) => {
    expect(await executeHere(['run', ...args, '--', 'true'])).toEqual({ code: 2, stdout: '', stderr })
  })

  it('leave a run alone that keeps to them, and its exit code', async () => {
    const runs = await useRuns()
    const limits = ['--max-memory', '1G', '--max-time', '30d', '--max-processes', '50']
    expect(await runs.run(...limits, '--', 'sh', '-c', 'sleep 0.1; exit 7').ended).toMatchObject({
      code: 7,
      stderr: '',
    })
    expect(await runs.events('agent_limit_exceeded')).toEqual([])
  })

  it('end what was let run out of time with all that it started, also with --keep', async () => {
    const runs = await useRuns()
    const token = useToken()
    const run = runs.run('--id', 'late', '--max-time', '300ms', '--keep', '--', ...leaver(token))
    expect(await run.ended).toMatchObject({
      code: 124,
      stderr: expect.stringMatching(
        /^oakum: late exceeded --max-time 0\.30s \(.*\) and is ended \(LIMIT_EXCEEDED\)\n$/,
      ),
    })
    expect(sleepers(token)).toEqual([])
    const [event] = await runs.events('agent_limit_exceeded')
    expect(event).toMatchObject({ agent: 'late', data: { limit: 'time', allowed: 300 } })
    expect(Number(event?.data.value)).toBeGreaterThanOrEqual(300)
    expect(await runs.agents()).toEqual([])
    const { stdout } = await executeHere(['logs', 'late', '--level', 'warn', '--store', runs.store])
    expect(stdout).toMatch(/late {2}agent_limit_exceeded {2}time: \S+ of 0\.30s\n$/)
  })

  it('let a program that is out of time end in its own way', async () => {
    const runs = await useRuns()
    const script = 'trap "echo saved; exit 3" TERM; while :; do sleep 0.05; done'
    const { code, stdout } = await runs.run('--max-time', '500ms', '--', 'sh', '-c', script).ended
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 124, stdout: 'saved\n' })
  })
})
