import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isReport, type TestOutcome } from '@oakum/leaktest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stat } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { oakum, startOakum, type Finished } from '../support/oakum.ts'

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', `${name}.ts`)
const [DIES, LEAKY] = ['dies', 'leaky'].map(fixture)

/** Runs the files and gives what became of each scenario, by the end of its name. */
async function outcomesOf(...args: string[]): Promise<{ finished: Finished; of: (end: string) => TestOutcome }> {
  const finished = await oakum(['leaktest', '--json', ...args])
  const outcomes = finished.stdout
    .trim()
    .split('\n')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command prints
    .map(line => JSON.parse(line) as TestOutcome)
  return {
    finished,
    of(end) {
      const found = outcomes.filter(({ name }) => name.endsWith(end))
      expect(found, end).toHaveLength(1)
      return found[0] ?? expect.fail()
    },
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oakum-leaktest-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

function isDead(pid: number): boolean {
  const state = stat(pid)?.state
  return state === undefined || state === 'Z'
}

describe('oakum leaktest', () => {
  it('runs each scenario of a file, also when one before it throws', async () => {
    const { finished, of } = await outcomesOf(LEAKY ?? '')
    expect(finished.code).toBe(1)
    expect(of('keeps')).toMatchObject({ verdict: 'leak', findings: [expect.stringMatching(/`keep` \(.*leaky/)] })
    expect(of('throws')).toMatchObject({
      error: { code: 'SCENARIO_FAILED', message: expect.stringMatching(/iteration 3.*it broke.*leaky\.ts:\d+/) },
    })
    expect(isReport(of('forgets'))).toBe(true)
  })

  it('ends with 0 when nothing leaks, also in a file that runs its test itself', async () => {
    const finished = await oakum(['leaktest', fixture('clean'), fixture('itself'), '--time', '20s'])
    expect(finished.stderr).toContain('I run myself. 2')
    expect(finished.stdout).toMatch(/✓ clean {2}.*clean\.ts[^]*✓ clean {2}by itself[^]*2 scenarios: 2 clean/)
    expect(finished.code).toBe(0)
  })

  it('says why a file has no verdict, and goes on to the next', async () => {
    const names = ['nothing', 'breaks', 'wrong', 'exits']
    const { finished, of } = await outcomesOf(...names.map(fixture), DIES ?? '')
    expect(finished.code).toBe(1)
    const errorOf = (end: string): unknown => of(end)
    expect(errorOf('nothing.ts')).toMatchObject({ error: { code: 'NO_SCENARIO' } })
    expect(errorOf('breaks.ts')).toMatchObject({
      error: { message: expect.stringMatching(/the module broke \(.*breaks\.ts:1/) },
    })
    expect(errorOf('wrong.ts')).toMatchObject({
      error: { code: 'INVALID_OPTION', message: expect.stringContaining('`scenarios.three`') },
    })
    expect(errorOf('exits.ts')).toMatchObject({ error: { message: expect.stringContaining('exit code 7') } })
    expect(errorOf('first')).toMatchObject({ error: { message: expect.stringContaining('SIGKILL') } })
    expect(errorOf('second')).toMatchObject({ error: { code: 'NOT_RUN' } })
  })

  it('ends a file that blocks, or hangs outside of a leak test, and none with slow iterations', async () => {
    const files = ['hangs', 'idles', 'slow'].map(fixture)
    const { finished, of } = await outcomesOf(...files, '--timeout', '8s', '--parallel', '3')
    expect(finished.code).toBe(1)
    for (const name of ['hangs.ts', 'idles.ts']) {
      expect(of(name)).toMatchObject({ error: { message: expect.stringContaining('Nothing was heard of it for 8') } })
    }
    expect(of('slow.ts')).toMatchObject({ error: { code: 'SCENARIO_FAILED' } })
  })

  it('says that a file ran out of memory', async () => {
    const small = { NODE_OPTIONS: '--max-old-space-size=80' }
    const { code, stdout } = await oakum(['leaktest', fixture('fills')], small)
    expect(code).toBe(1)
    expect(stdout).toMatch(/✗ failed {2}.*fills\.ts\n {2}Its process ran out of memory/)
  })

  it('ends what a file leaves running', async () => {
    const { stderr, stdout } = await oakum(['leaktest', fixture('leaves')])
    const pids = (/pids (\d+) (\d+)/.exec(stderr) ?? []).slice(1).map(Number)
    expect(stdout).toContain('exit code 7')
    expect(pids).toHaveLength(2)
    for (const pid of pids) expect(isDead(pid)).toBe(true)
  })

  it('ends everything when it is interrupted, and does not call that a success', async () => {
    const baseline = join(newFolder(), 'base.json')
    const before = '{"version":1,"node":"v24.0.0","reports":{}}'
    writeFileSync(baseline, before)
    const args = ['leaktest', fixture('waits'), fixture('clean'), '--save-baseline', baseline]
    const { child, said, done } = startOakum(args)
    const pids = await until(() => /pids (\d+) (\d+)/.exec(said.stderr)?.slice(1).map(Number))
    child.kill('SIGINT')
    const { code, stdout, stderr } = await done
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('interrupted')
    expect(readFileSync(baseline, 'utf8')).toBe(before)
    for (const pid of pids) expect(isDead(pid)).toBe(true)
  })

  it('writes documents, and a baseline by which the leak is known', async () => {
    const folder = newFolder()
    const at = (name: string): string => join(folder, name)
    const files = ['--junit', at('leaks.xml'), '--markdown', at('leaks.md'), '--svg', at('charts')]
    const only = [LEAKY ?? '', '--filter', 'keeps', '--quiet']
    expect(await oakum(['leaktest', ...only, ...files, '--save-baseline', at('base.json')])).toMatchObject({
      code: 1,
      stderr: '',
    })
    expect(readFileSync(at('leaks.xml'), 'utf8')).toContain('<failure type="leak"')
    expect(readFileSync(at('leaks.md'), 'utf8')).toContain('**1 scenario: 1 leak**')
    const [chart, ...others] = readdirSync(at('charts'))
    expect({ chart, others }).toEqual({ chart: expect.stringMatching(/leaky\.ts-keeps\.svg$/), others: [] })

    const compared = ['leaktest', ...only, '--compare-to', at('base.json')]
    expect(await oakum([...compared, '--save-baseline', at('base.json')])).toMatchObject({ code: 0, stdout: '' })
    expect(await oakum(compared)).toMatchObject({ code: 0, stdout: '' })
  })
})
