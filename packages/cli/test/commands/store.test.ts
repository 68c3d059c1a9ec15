import { join } from 'node:path'
import { connect } from '@oakum/core/fleet'
import { describe, expect, it } from 'vitest'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'

async function write(url: string, lines: number): Promise<void> {
  const fleet = await connect(url)
  const line = { type: 'agent.output', agent: 'coder-1', data: { line: 'text' } }
  await fleet.events.append(Array.from({ length: lines }, () => line))
  await fleet.close()
}

describe('oakum store', () => {
  it('shows where it is, how large, and what is in it; and makes none', async () => {
    const { url } = await createFixture()
    const absent = await executeHere(['store', '--store', url])
    expect(absent).toMatchObject({ code: 0, stdout: expect.stringContaining(`There is no store at ${url}`) })
    expect(await executeHere(['store', '--json', '--store', url])).toMatchObject({
      stdout: expect.stringContaining('[]'),
    })
    await write(url, 3)
    const { code, stdout } = await executeHere(['store', '--store', url])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^sqlite:\S+\n {2}fleet.db +\d.* KiB, version \d+\n {2}events.db +.*\n {2}agents +none\n/)
    expect(stdout).toMatch(/ {2}events +3, from \ds to \ds ago\n$/)
    const contents = JSON.parse((await executeHere(['store', '--json', '--store', url])).stdout)
    expect(contents).toMatchObject({ url, files: [{ name: 'fleet.db' }, { name: 'events.db' }], events: { count: 3 } })
  })

  it('copies into a store of its own, and overwrites nothing', async () => {
    const { url, folder } = await createFixture()
    await write(url, 3)
    const copy = join(folder, 'copy')
    const { code, stdout } = await executeHere(['store', 'backup', copy, '--store', url])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`--store sqlite:${copy}`) })
    const logs = await executeHere(['logs', '--store', `sqlite:${copy}`])
    expect(logs.stdout.trimEnd().split('\n')).toHaveLength(3)
    const again = await executeHere(['store', 'backup', copy, '--store', url])
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('overwrites nothing') })
  })

  it('is not reset while agents live, unless it is forced to', async () => {
    const fixture = await createFixture()
    await fixture.agent('coder-1', 'deaf')
    const refused = await executeHere(['store', 'reset', '--yes', '--store', fixture.url])
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/Agents are alive in this store: 1\..*--force/),
    })
    const forced = await executeHere(['store', 'reset', '--yes', '--force', '--json', '--store', fixture.url])
    expect(JSON.parse(forced.stdout)).toMatchObject({ live: 1, tombstones: 0 })
    expect((await executeHere(['status', '--json', '--store', fixture.url])).stdout).toContain('"agents":[]')
  })

  it.each([
    [['backup'], /needs the folder/],
    [['bakup', 'x'], /did you mean "backup"/],
    [['reset', 'x'], /does not understand "x"/],
    [['reset'], /add --yes/],
  ])('refuses %j with one line', async (words, said) => {
    const { url } = await createFixture()
    await write(url, 1)
    const { code, stdout, stderr } = await executeHere(['store', ...words, '--store', url])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(said)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
