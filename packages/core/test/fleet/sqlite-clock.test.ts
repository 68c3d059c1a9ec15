import { describe, expect, test } from 'vitest'
import { ManualClock } from '../support/manual-clock.ts'
import { claimExpired, join, LEASE_TTL, only, registration, release } from './contract-values.ts'
import { useSqliteFolder } from './sqlite-folder.ts'

const DAY = 24 * 60 * 60 * 1_000

describe('the clock of fleet.db', () => {
  test('is set once per boot: who opens later, under another wall clock, reads the same time', async () => {
    const folder = await useSqliteFolder()
    const first = await folder.connect()
    const { now } = await first.register(registration('agent-1'))
    for (const by of [DAY, -3 * DAY]) {
      folder.clock.setWall(by)
      const later = await folder.connect()
      expect((await later.check([])).now).toBe(now)
      expect((await later.expired(10)).claims).toEqual([])
    }
  })

  test('starts anew from the wall clock after a boot, so that the leases of the boot before end', async () => {
    const folder = await useSqliteFolder()
    const before = await folder.connect()
    const ref = await join(before, 'agent-1')
    await before.close()
    const clock = restarted(folder.clock, DAY)
    const after = await folder.connect({ clock, bootId: 'boot-2' })
    expect((await after.check([])).now).toBe(clock.now())
    expect(only((await claimExpired(after)).claims)).toMatchObject(ref)
  })

  test('never goes below what it recorded, though the wall clock did', async () => {
    const folder = await useSqliteFolder()
    const before = await folder.connect()
    await release(before, await join(before, 'agent-0'))
    folder.clock.advance(50)
    const ref = await join(before, 'agent-1')
    folder.clock.advance(50)
    const { now } = await before.beat([ref])
    await before.close()
    const after = await folder.connect({ clock: restarted(folder.clock, -300 * DAY), bootId: 'boot-2' })
    expect((await after.check([])).now).toBe(now)
    const fresh = await join(after, 'agent-1', { supersede: ref.epoch })
    expect(Number(fresh.epoch)).toBeGreaterThan(Number(ref.epoch))
  })

  test('lets no lease live on for longer than its time to live after a boot', async () => {
    const folder = await useSqliteFolder()
    const before = await folder.connect()
    await join(before, 'agent-1')
    folder
      .raw()
      .prepare('UPDATE leases SET due_at = due_at + ?')
      .run(1_000 * DAY)
    await before.close()
    const clock = restarted(folder.clock, 10)
    const after = await folder.connect({ clock, bootId: 'boot-2' })
    expect((await after.expired(10)).claims).toEqual([])
    clock.advance(LEASE_TTL)
    expect((await after.expired(10)).claims).toHaveLength(1)
  })

  test('does not wait for the claims of the boot before, whose holders are gone', async () => {
    const folder = await useSqliteFolder()
    const before = await folder.connect()
    await join(before, 'agent-1')
    folder.clock.advance(LEASE_TTL)
    const what = { by: 'expired' } as const
    await before.claim({ holder: 'c', claimTtl: DAY, what })
    await before.close()
    const after = await folder.connect({ clock: restarted(folder.clock, 10), bootId: 'boot-2' })
    expect(only((await claimExpired(after)).claims)).toMatchObject({ attempt: 2 })
  })

  test('remembers a bounded number of boots', async () => {
    const folder = await useSqliteFolder()
    for (let boot = 0; boot < 40; boot += 1) await (await folder.connect({ bootId: `boot-${boot}` })).close()
    expect(folder.raw().prepare('SELECT count(*) AS count FROM boots').get()).toEqual({ count: 16 })
  })

  test('reads the boot of this machine when no other is named', async () => {
    const folder = await useSqliteFolder()
    const options = { directory: folder.directory }
    const { openSqliteFleetStore } = await import('../../src/fleet/drivers/sqlite/store.ts')
    const first = await openSqliteFleetStore(options)
    const second = await openSqliteFleetStore(options)
    await Promise.all([first.close(), second.close()])
    const boot = only(folder.raw().prepare('SELECT boot_id, clock_offset FROM boots').all())
    const offset = Date.now() - Number(process.hrtime.bigint()) / 1e6
    expect(boot['boot_id']).toMatch(/^[0-9a-f-]{36}$|^booted:\d+$/)
    expect(Math.abs(Number(boot['clock_offset']) - offset)).toBeLessThan(60_000)
  })
})

/** The clock of the same machine after a boot: the monotonic one begins again, the wall clock went on, or was set. */
function restarted(clock: ManualClock, wallBy: number): ManualClock {
  const next = new ManualClock()
  next.setWall(clock.now() - next.now() + wallBy)
  return next
}
