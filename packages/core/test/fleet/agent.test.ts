import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { openFleet, openUrl, refusal, STORES, WRITES } from './fleets.ts'

describe.each(STORES)('an agent on %s', store => {
  it('is registered, beats, owns and is released', async () => {
    const fleet = await openFleet(store)
    const root = temporaryFolder()
    mkdirSync(join(root, 'work'))
    const agent = await fleet.register({ id: 'coder-1', roots: [root], labels: { team: 'a' }, state: 'planning' })

    await until(() => agent.phase === 'alive')
    await agent.own('directory', join(root, 'work'))
    await agent.setKey('answer', '42')
    expect(await fleet.get('coder-1')).toMatchObject({
      epoch: agent.epoch,
      phase: 'alive',
      state: 'planning',
      labels: { team: 'a' },
      process: { pid: process.pid },
    })
    expect((await fleet.resources(agent)).map(({ kind }) => kind).toSorted()).toEqual(['directory', 'process'])

    expect(await agent.release()).toEqual({ released: 1, kept: [] })
    expect(agent.phase).toBe('released')
    expect(await fleet.get('coder-1')).toBeNull()
    expect(await agent.getKey('answer')).toBeNull()
    expect(await fleet.tombstones({ id: 'coder-1' })).toMatchObject([{ epoch: agent.epoch, reason: 'released' }])
  })

  it('tells of its life in events, each once', async () => {
    const fleet = await openFleet(store)
    const agent = await fleet.register({ id: 'coder-1' })
    await agent.setState('working')
    await agent.release()
    await fleet.flush()
    await fleet.flush()
    const events = await fleet.events.read({ agent: 'coder-1' })
    expect(events.map(({ type }) => type)).toEqual(['agent_registered', 'agent_state', 'agent_stopped'])
  })

  it.each(Object.entries(WRITES))('refuses %s after its release', async (_name, write) => {
    const fleet = await openFleet(store)
    const agent = await fleet.register({ id: 'a' })
    await agent.release()
    expect(await refusal(() => write(agent))).toBe('FENCED')
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
  })

  it('lets go of a thing by the release that owning it returned', async () => {
    const fleet = await openFleet(store)
    const root = temporaryFolder()
    mkdirSync(join(root, 'work'))
    const agent = await fleet.register({ id: 'a', roots: [root] })
    const release = await agent.own('directory', join(root, 'work'))
    await release()
    await release()
    expect((await fleet.resources(agent)).map(({ kind }) => kind)).toEqual(['process'])
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
  })

  it('shares locks with others, one holder at a time', async () => {
    const fleet = await openFleet(store)
    const first = await fleet.register({ id: 'first' })
    const second = await fleet.register({ id: 'second' })
    const unlock = await first.lock('build')
    expect(await refusal(() => second.lock('build', { timeout: 0 }))).toBe('LOCK_HELD')
    expect(await refusal(() => second.own('lock', 'build'))).toBe('LOCK_HELD')

    const waiting = second.lock('build')
    await unlock()
    await waiting
    expect(await refusal(() => first.lock('build', { timeout: 0 }))).toBe('LOCK_HELD')
    await second.release()
    await first.lock('build', { timeout: 0 })
  })

  it('holds a lock until each of its own that took it has let go', async () => {
    const fleet = await openFleet(store)
    const first = await fleet.register({ id: 'first' })
    const second = await fleet.register({ id: 'second' })
    const [one, two] = [await first.lock('build'), await first.lock('build')]
    await one()
    await one()
    expect(await refusal(() => second.lock('build', { timeout: 0 }))).toBe('LOCK_HELD')
    await two()
    await (
      await second.lock('build', { timeout: 0 })
    )()
    await (
      await first.lock('build', { timeout: 0 })
    )()
    await second.lock('build', { timeout: 0 })
  })

  it('stops waiting for a lock when its caller does', async () => {
    const fleet = await openFleet(store)
    const first = await fleet.register({ id: 'first' })
    const second = await fleet.register({ id: 'second' })
    await first.lock('build')
    const controller = new AbortController()
    const waiting = refusal(() => second.lock('build', { signal: controller.signal }))
    controller.abort()
    expect(await waiting).toBe('ABORTED')
  })

  it('hears of a stop within a second, and may still write', async () => {
    const fleet = await openFleet(store)
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')
    expect(await fleet.requestStop('a')).toBe(true)
    await until(() => agent.signal.aborted)
    expect(agent.signal.reason).toMatchObject({ code: 'STOP_REQUESTED' })
    await agent.drain()
    expect(agent.phase).toBe('draining')
    await agent.release()
    expect(await fleet.requestStop('a')).toBe(false)
  })

  it('is written only when its id, parent and roots can work', async () => {
    const fleet = await openFleet(store)
    for (const id of ['', 'a b', 'a/b', 'ä', '*', 'x'.repeat(129)]) {
      expect(await refusal(() => fleet.register({ id }))).toBe('INVALID_ID')
    }
    expect(await refusal(() => fleet.register({ id: 'a', roots: ['/'] }))).toBe('INVALID_OPTION')
    expect(await refusal(() => fleet.register({ id: 'a', roots: ['/nowhere/at/all'] }))).toBe('INVALID_OPTION')
    const unreadable: object[] = [
      { labels: { n: 1 } },
      { labels: 'x' },
      { labels: null },
      { labels: { state: 'x' }, state: 1 },
      { state: 1 },
      { host: null },
    ]
    for (const bad of unreadable) {
      // What plain JavaScript hands over: a record with it could not be read any more.
      expect(await refusal(() => fleet.register(Object.assign({ id: 'a' }, bad)))).toBe('INVALID_OPTION')
    }
    expect(await refusal(() => fleet.register({ id: 'a', parent: 'nobody' }))).toBe('AGENT_NOT_FOUND')
    const outside = { kind: 'directory', ref: temporaryFolder() }
    expect(await refusal(() => fleet.register({ id: 'a', resources: [outside] }))).toBe('PATH_OUTSIDE_ROOTS')
    expect(await fleet.agents()).toEqual([])
    await fleet.flush()
    expect(await fleet.events.last()).toBe(0)
  })

  it('is refused while another of its id lives', async () => {
    const fleet = await openFleet(store)
    const first = await fleet.register({ id: 'a' })
    expect(await refusal(() => fleet.register({ id: 'a' }))).toBe('AGENT_EXISTS')
    await first.release()
    const second = await fleet.register({ id: 'a' })
    expect(Number(second.epoch)).toBeGreaterThan(Number(first.epoch))
  })

  it('registers children in its fleet, while it has not been released', async () => {
    const fleet = await openFleet(store)
    const agent = await fleet.register({ id: 'a' })
    await agent.child({ id: 'a.1', labels: { team: 'b' } })
    const { id, epoch } = agent
    expect(await fleet.get('a.1')).toMatchObject({ parent: { id, epoch }, labels: { team: 'b' } })
    await agent.release()
    expect(await refusal(() => agent.child({ id: 'a.2' }))).toBe('FENCED')
  })

  it('hands its mark, id and epoch to what it starts', async () => {
    const fleet = await openFleet(store)
    const agent = await fleet.register({ id: 'a', marker: '0123456789abcdef' })
    const { OAKUM_MARKS, ...names } = agent.env
    expect(OAKUM_MARKS).toMatch(/(^|:)0123456789abcdef$/)
    expect(names).toEqual({ OAKUM_AGENT: 'a', OAKUM_EPOCH: agent.epoch })
  })
})

it('lets go again when letting go has failed', async () => {
  const folder = temporaryFolder()
  const fleet = await openUrl(`sqlite:${folder}`)
  const agent = await fleet.register({ id: 'a' })
  const other = await fleet.register({ id: 'b' })
  const releases = [await agent.lock('build'), await agent.own('thing', { key: 'x' })]
  const database = new DatabaseSync(join(folder, 'fleet.db'))
  const rename = (from: string, to: string): void => database.exec(`ALTER TABLE ${from} RENAME TO ${to}`)
  for (const table of ['locks', 'resources']) rename(table, `${table}_away`)
  for (const release of releases) expect(await refusal(release)).toBe('STORE_CORRUPT')
  for (const table of ['locks', 'resources']) rename(`${table}_away`, table)
  database.close()
  for (const release of releases) await release()
  await other.lock('build', { timeout: 0 })
  expect((await fleet.resources(agent)).map(({ kind }) => kind)).toEqual(['process'])
})
