import { describe, expect, it } from 'vitest'
import { executeHere } from '../support/in-process.ts'
import { oakum } from '../support/oakum.ts'

describe('oakum', () => {
  it.each([
    [[], 'oakum: a command is missing: oakum --help lists them (USAGE)\n'],
    [['--verison'], 'oakum: there is no option --verison; did you mean "--version"? (USAGE)\n'],
    [['stauts'], 'oakum: there is no command "stauts"; did you mean "status"? (USAGE)\n'],
    [['constructor'], 'oakum: there is no command "constructor" (USAGE)\n'],
    [['status', '--jsn'], 'oakum: status has no option --jsn; did you mean "--json"? (USAGE)\n'],
    [['status', '--store'], 'oakum: --store needs a value (USAGE)\n'],
    [['status', '--json=yes'], 'oakum: --json takes no value (USAGE)\n'],
    [
      ['logs', '--level', 'eror'],
      'oakum: --level takes one of debug, info, warn, error, not "eror"; did you mean "error"? (USAGE)\n',
    ],
    [['sweep', 'x'], 'oakum: sweep does not understand "x" (USAGE)\n'],
    [['sweep', '--', 'x'], 'oakum: sweep takes nothing after "--" (USAGE)\n'],
    [['--store', 'mongodb:x', 'status'], expect.stringMatching(/^oakum: .*\(STORE_UNKNOWN\)\n$/)],
  ])('refuses %j with code 2 and one line', async (args, stderr) => {
    expect(await executeHere(args)).toEqual({ code: 2, stdout: '', stderr })
  })

  it('exits with the code', async () => {
    const stderr = 'oakum: there is no command "stauts"; did you mean "status"? (USAGE)\n'
    expect(await oakum(['stauts'])).toEqual({ code: 2, stdout: '', stderr })
  })

  it('prints its help and its version, and each command its own, plain when piped', async () => {
    const { code, stdout } = await oakum(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('sweep       Reclaim once')
    expect(stdout).not.toContain('\u001b')
    expect((await executeHere(['run', '--help'])).stdout).toContain('oakum run [OPTIONS] -- COMMAND …')
    expect((await executeHere(['status', '--help'])).stdout).toMatch(
      /EXAMPLES\n\n {2}oakum status\n {2}oakum status coder-1\n/,
    )
    expect((await executeHere(['help', 'run'])).stdout).toContain('oakum run [OPTIONS] -- COMMAND …')
    expect((await executeHere(['help'])).stdout).toBe((await executeHere(['--help'])).stdout)
    expect((await executeHere(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
