import { describe, expect, test } from 'vitest'
import { message, startProgram } from '../support/fixture-program.ts'
import { CLAIM_TTL, claimExpired, join, LEASE_TTL, NOTHING_HELD } from './contract-values.ts'
import { useSqliteFolder } from './sqlite-folder.ts'

const CLAIMER = new URL('fixtures/sqlite-claimer.ts', import.meta.url)

describe('fleet.db among processes', () => {
  test('two that race for 200 leases claim and finish each exactly once', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    const ids = Array.from({ length: 200 }, (_, index) => `agent-${index}`)
    for (const id of ids) await join(store, id)
    const programs = [LEASE_TTL, LEASE_TTL].map(elapsed => startProgram(CLAIMER, folder.directory, String(elapsed)))
    expect(await Promise.all(programs.map(message))).toEqual(['ready', 'ready'])
    const replies = programs.map(message)
    for (const program of programs) program.send('race')
    const finished = (await Promise.all(replies)).flat().map(String)

    expect(finished.toSorted()).toEqual(ids.toSorted())
    const { events } = await store.pendingEvents(10_000)
    for (const type of ['cleanup_started', 'cleanup_completed']) {
      const told = events.filter(event => event.type === type).map(({ agent }) => String(agent))
      expect(told.toSorted()).toEqual(ids.toSorted())
    }
    expect(events.filter(({ type }) => type === 'cleanup_resumed')).toEqual([])
    expect(await store.counts()).toMatchObject({ phases: { starting: 0, reaping: 0 }, tombstones: 200 })
  })

  test('what a killed process held is taken over when its claims run out', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['agent-1', 'agent-10']) await join(store, id)
    folder.clock.advance(LEASE_TTL)
    const program = startProgram(CLAIMER, folder.directory, String(LEASE_TTL))
    expect(await message(program)).toBe('ready')
    const reply = message(program)
    program.send('hold')
    const tokens = [await reply].flat().map(String)
    expect(tokens).toHaveLength(2)
    program.kill('SIGKILL')

    expect((await claimExpired(store)).claims).toEqual([])
    folder.clock.advance(CLAIM_TTL)
    const { claims } = await claimExpired(store)
    expect(claims.map(({ attempt }) => attempt)).toEqual([2, 2])
    for (const token of tokens) expect(await store.finish(token, NOTHING_HELD)).toBe(false)
    for (const { token } of claims) expect(await store.finish(token, NOTHING_HELD)).toBe(true)
    const { events } = await store.pendingEvents(100)
    expect(events.filter(({ type }) => type === 'cleanup_completed')).toHaveLength(2)
    expect(events.filter(({ type }) => type === 'cleanup_resumed')).toHaveLength(2)
  })

  test('a change by another process is heard', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    await join(store, 'agent-1')
    const program = startProgram(CLAIMER, folder.directory, String(LEASE_TTL))
    expect(await message(program)).toBe('ready')
    const heard = new Promise<void>(resolve => {
      store.onChange(resolve)
    })
    program.send('race')
    await heard
  })
})
