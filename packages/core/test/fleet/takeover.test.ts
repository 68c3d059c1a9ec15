import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { Reclaimer } from '../../src/fleet/index.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { gate, openFleet, openUrl, quickCoordinator, STORES } from './fleets.ts'

describe.each(STORES)('while a reclaim runs on %s', store => {
  it('what somebody else comes to own is theirs', async () => {
    const slow = gate()
    const fleet = await openFleet(store, { reclaimers: [slow] })
    const root = temporaryFolder()
    const directory = join(root, 'work')
    mkdirSync(directory)
    const old = await fleet.register({ id: 'a', roots: [root] })
    await old.own('directory', directory)
    await old.own('thing', { key: 'x' })
    const releasing = old.release()
    await until(() => slow.asked.length === 1)

    // Its supervisor has started it again, at the same place.
    const heir = await fleet.register({ id: 'a', roots: [root] })
    await heir.own('directory', directory)
    slow.open()
    expect((await releasing).kept).toMatchObject([{ kind: 'directory', why: 'another agent owns it too' }])
    expect(existsSync(directory)).toBe(true)
    await heir.release()
    expect(existsSync(directory)).toBe(false)
  })

  it('a folder in which somebody else lives is left alone', async () => {
    const fleet = await openFleet(store)
    const root = temporaryFolder()
    const directory = join(root, 'work')
    mkdirSync(join(directory, 'child'), { recursive: true })
    const parent = await fleet.register({ id: 'parent', roots: [root] })
    const child = await fleet.register({ id: 'child', parent, roots: [root] })
    await parent.own('directory', directory)
    await child.own('directory', join(directory, 'child'))
    expect((await parent.release()).kept).toMatchObject([{ key: directory, why: 'another agent owns something in it' }])
    expect(existsSync(join(directory, 'child'))).toBe(true)
    await child.assertAlive()
  })
})

it('a coordinator that was overtaken touches nothing more', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const slow = gate()
  const fleet = await openUrl(url, { leaseTtl: 200 })
  const things = ['x', 'y'].map(key => ({ kind: 'thing', ref: { key } }))
  await fleet.register({ id: 'a', resources: things })
  await fleet.close({ release: false })

  const [first, second] = [await openUrl(url), await openUrl(url)]
  // Claims run out between two renewals, as those of a coordinator do whose process was stopped.
  const late = quickCoordinator(first, { reclaimers: [slow], claimTtl: 60_000 })
  let sweep = late.sweep()
  await until(async () => {
    if (slow.asked.length === 0) sweep = late.sweep()
    return slow.asked.length === 1
  })
  expireClaims(url)
  const done: string[] = []
  const quick: Reclaimer = { kind: 'thing', reclaim: async ({ key }) => void done.push(key) }
  expect(await quickCoordinator(second, { reclaimers: [quick] }).sweep()).toMatchObject({ orphansCleaned: 1 })
  slow.open()
  expect((await sweep).orphans).toMatchObject([{ agentId: 'a', status: 'lost' }])
  expect(slow.asked).toEqual(['y'])
  expect(done).toEqual(['y', 'x'])
})

function expireClaims(url: string): void {
  const database = new DatabaseSync(join(url.slice('sqlite:'.length), 'fleet.db'))
  database.exec('UPDATE leases SET due_at = 0 WHERE token IS NOT NULL')
  database.close()
}
