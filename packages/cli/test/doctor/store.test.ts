// What doctor finds in a store. It looks at the whole machine, so these tests look at what they planted, and nothing is repaired
// but by the repair of that one finding.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect, type Fleet } from '@oakum/core/fleet'
import { selfIdentity } from '@oakum/core/process'
import { expect, it, onTestFinished } from 'vitest'
import { examine } from '../../src/doctor/examine.ts'
import type { Diagnosis, FindingCode } from '../../src/doctor/finding.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'

/** A process that has ended: no boot lasts until its pid and this start time come together again. */
const GONE = { ...selfIdentity(), startTime: '1' }

async function openStore(): Promise<{ url: string; folder: string; fleet: Fleet }> {
  const { url, folder } = await createFixture()
  const fleet = await connect(url)
  onTestFinished(() => fleet.close({ release: false }))
  return { url, folder, fleet }
}

async function find(code: FindingCode, url: string, fleet: Fleet): Promise<Diagnosis | undefined> {
  return (await examine({ url, fleet })).find(({ finding }) => finding.code === code)
}

it('tries once more what is in quarantine, and says why it still refuses', async () => {
  const { url, fleet } = await openStore()
  const agent = await fleet.register({ id: 'stuck-one', process: GONE })
  await agent.own('unheard-of', { key: 'it' })
  await fleet.coordinator({ grace: 0, maxAttempts: 1 }).sweep()

  const diagnosis = await find('AGENT_QUARANTINED', url, fleet)
  expect(diagnosis?.finding).toMatchObject({ severity: 'problem', agent: 'stuck-one', repairedBy: 'fix' })
  expect(diagnosis?.finding.why).toMatch(/^After 1 attempt nobody tries any more: .*unheard-of/)
  expect(await diagnosis?.repair?.()).toMatch(/unheard-of/)
})

it('takes over a reclaim whose coordinator is gone', async () => {
  const { url, folder, fleet } = await openStore()
  await fleet.register({ id: 'half-done', process: GONE })
  const database = new DatabaseSync(join(folder, 'store/fleet.db'))
  database.exec(`UPDATE leases SET phase = 'reaping', reason = 'process_gone', token = 'gone', due_at = 1`)
  database.close()

  const diagnosis = await find('CLAIM_STALE', url, fleet)
  expect(diagnosis?.finding).toMatchObject({ agent: 'half-done', repairedBy: 'fix' })
  expect(await diagnosis?.repair?.()).toBeUndefined()
  expect(await fleet.get('half-done')).toBeNull()
})

it('tells of records that nobody can read, and touches nothing', async () => {
  const { url, folder, fleet } = await openStore()
  for (const id of ['sound', 'damaged']) await fleet.register({ id })
  expect(await find('RECORDS_UNREADABLE', url, fleet)).toBeUndefined()
  const database = new DatabaseSync(join(folder, 'store/fleet.db'))
  database.exec(`UPDATE leases SET labels = 'torn' WHERE id = 'damaged'`)
  database.close()

  const diagnosis = await find('RECORDS_UNREADABLE', url, fleet)
  expect(diagnosis).toMatchObject({ finding: { what: '1 record', repairedBy: null }, repair: null })
})

it('tells of a store that cannot be used, and looks at the machine all the same', async () => {
  const { url, folder } = await createFixture()
  await mkdir(join(folder, 'store'))
  await writeFile(join(folder, 'store/fleet.db'), 'this is no database, and long enough to show it'.repeat(50))
  const { code, stdout, stderr } = await executeHere(['doctor', '--store', url])
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toMatch(/^✗ STORE_UNUSABLE {2}sqlite:.*\n.*\(STORE_CORRUPT\)$/m)
  expect(stdout).toMatch(/\d+ problems?\./)
})

it('makes no store where there is none, and finds nothing of a process that is not there', async () => {
  const { url } = await createFixture()
  expect(await executeHere(['doctor', '4194304', '--store', url])).toEqual({
    code: 0,
    stdout: 'Nothing of what is left over belongs to process 4194304.\n',
    stderr: '',
  })
  const { stdout } = await executeHere(['doctor', '4194304', '--json', '--store', url])
  expect(JSON.parse(stdout)).toEqual({ clean: true, findings: [] })
  expect(await executeHere(['store', '--store', url])).toMatchObject({ stdout: expect.stringMatching(/no store/i) })
})

it('refuses what makes no sense', async () => {
  expect(await executeHere(['doctor', '--orphans'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/--fix/) })
  expect(await executeHere(['doctor', 'claude', '--fix'])).toMatchObject({ code: 2, stdout: '' })
})
