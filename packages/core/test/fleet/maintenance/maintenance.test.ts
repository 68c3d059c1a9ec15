import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../../src/fleet/connect.ts'
import type { Fleet } from '../../../src/fleet/fleet.ts'
import { backupStore } from '../../../src/fleet/maintenance/backup.ts'
import { describeStore } from '../../../src/fleet/maintenance/describe.ts'
import { resetStore } from '../../../src/fleet/maintenance/reset.ts'
import { message, startProgram } from '../../support/fixture-program.ts'
import { openFiles, temporaryFolder } from '../../support/sqlite.ts'
import { until } from '../../support/until.ts'

async function open(url: string): Promise<Fleet> {
  const fleet = await connect(url, { beatEvery: 50 })
  onTestFinished(() => fleet.close().catch(() => {}))
  return fleet
}

describe('backupStore', () => {
  it('makes a store of the same agents and events, while its own is written to', async () => {
    const folder = temporaryFolder()
    const url = `sqlite:${join(folder, 'store')}`
    const fleet = await open(url)
    await fleet.register({ id: 'coder-1', state: 'thinking' })
    await fleet.events.append([{ type: 'agent.output', agent: 'coder-1', data: { line: 'ü' } }])
    await fleet.flush()

    const report = backupStore(url, join(folder, 'copy'))
    expect(report).toEqual({
      directory: join(folder, 'copy'),
      files: ['fleet.db', 'events.db'].map(name => ({ name, bytes: statSync(join(folder, 'copy', name)).size })),
    })
    expect(statSync(join(folder, 'copy')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'copy/fleet.db')).mode & 0o777).toBe(0o600)
    await fleet.register({ id: 'coder-2' })

    const copy = await open(`sqlite:${join(folder, 'copy')}`)
    expect((await copy.agents()).map(agent => `${agent.id} ${agent.state}`)).toEqual(['coder-1 thinking'])
    expect((await copy.events.read()).map(event => event.type)).toEqual(
      expect.arrayContaining(['agent_registered', 'agent.output']),
    )
    expect(openFiles(join(folder, 'copy/fleet.db'))).not.toEqual([]) // of the connection above alone
    await copy.close()
    expect(openFiles(join(folder, 'copy'))).toEqual([])
  })

  it('is of one moment each: whole batches, none missing, while others write', async () => {
    const folder = temporaryFolder()
    const directory = join(folder, 'store')
    await open(`sqlite:${directory}`)
    const program = new URL('../../events/fixtures/writer.ts', import.meta.url)
    const writer = startProgram(program, directory, 'coder-1', '20000', '10')
    await message(writer)
    writer.send('go')
    await until(() => (describeStore(`sqlite:${directory}`).events?.count ?? 0) > 100)
    for (const name of ['one', 'two', 'three']) {
      backupStore(`sqlite:${directory}`, join(folder, name))
      const database = new DatabaseSync(join(folder, name, 'events.db'))
      const events = database.prepare('SELECT count(*) AS count, max(seq) - min(seq) + 1 AS span FROM events').get()
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      expect(events?.['count']).toBe(events?.['span'])
      expect(Number(events?.['count']) % 10).toBe(0)
      database.close()
    }
    writer.kill('SIGKILL')
  })

  it('overwrites nothing, and leaves nothing when it fails', async () => {
    const folder = temporaryFolder()
    const url = `sqlite:${join(folder, 'store')}`
    const fleet = await open(url)
    await fleet.register({ id: 'coder-1' })
    mkdirSync(join(folder, 'taken'))
    writeFileSync(join(folder, 'taken/mine'), '')
    writeFileSync(join(folder, 'file'), 'mine')
    for (const name of ['taken', 'file', 'store']) {
      expect(() => backupStore(url, join(folder, name))).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
    expect(() => backupStore(url, join(folder, 'no/such/folder'))).toThrow(
      expect.objectContaining({ code: 'STORE_UNREADABLE' }),
    )
    expect(() => backupStore(`sqlite:${join(folder, 'nothing')}`, join(folder, 'copy'))).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'store', 'taken'])
    expect(readdirSync(join(folder, 'taken'))).toEqual(['mine'])
  })

  it('fills a folder that is empty', async () => {
    const folder = temporaryFolder()
    await open(`sqlite:${join(folder, 'store')}`)
    mkdirSync(join(folder, 'empty'))
    expect(backupStore(`sqlite:${join(folder, 'store')}`, join(folder, 'empty')).files).toHaveLength(2)
  })
})

describe('describeStore', () => {
  it('tells where the files are, how large, and of which version', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'store')}`
    expect(describeStore(url)).toMatchObject({ files: [] })
    expect(existsSync(describeStore(url).directory)).toBe(false)
    const fleet = await open(url)
    await fleet.events.append([
      { type: 'a', time: 5 },
      { type: 'b', time: 3 },
    ])
    const { directory, files, events } = describeStore(url)
    expect(events).toEqual({ count: 2, oldest: 3, newest: 5 })
    expect(files.map(({ name, path, version, knownVersion }) => [name, dirname(path), version - knownVersion])).toEqual(
      [
        ['fleet.db', directory, 0],
        ['events.db', directory, 0],
      ],
    )
    for (const { bytes, version } of files)
      expect({ bytes: bytes > 4_096, version: version > 0 }).toEqual({ bytes: true, version: true })
  })

  it('also looks at a store of a newer Oakum, and changes nothing of it', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'store')}`
    await (await open(url)).close()
    const path = join(describeStore(url).directory, 'fleet.db')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(describeStore(url).files[0]).toMatchObject({ version: 99 })
    expect(() => resetStore(url)).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }))
  })

  it('refuses what has no files', () => {
    expect(() => describeStore('memory:')).toThrow(expect.objectContaining({ code: 'STORE_UNKNOWN' }))
  })
})

describe('resetStore', () => {
  it('refuses while agents live, and has changed nothing then', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'store')}`
    const fleet = await open(url)
    await fleet.register({ id: 'coder-1' })
    await fleet.events.append([{ type: 'a' }])
    expect(() => resetStore(url)).toThrow(expect.objectContaining({ code: 'AGENT_EXISTS', facts: { live: 1 } }))
    expect(await fleet.agents()).toHaveLength(1)
    expect(await fleet.events.read({ types: ['a'] })).toHaveLength(1)
  })

  it('says what went, fences who lives on, and the store goes on working', async () => {
    const url = `sqlite:${join(temporaryFolder(), 'store')}`
    const fleet = await open(url)
    const first = await fleet.register({ id: 'coder-1' })
    const key = await fleet.register({ id: 'coder-2' })
    await key.setKey('k', 'v')
    await (await fleet.register({ id: 'coder-3' })).release()
    await fleet.flush()
    const tail = fleet.events.tail()
    expect(resetStore(url, { force: true })).toMatchObject({ live: 2, ended: 0, tombstones: 1 })
    expect(await fleet.agents()).toEqual([])
    expect(await fleet.tombstones()).toEqual([])
    expect(await fleet.getKey('k')).toBeNull()
    expect(await fleet.counts()).toEqual({
      phases: { starting: 0, alive: 0, draining: 0, reaping: 0, quarantined: 0 },
      tombstones: 0,
    })
    await until(() => first.signal.aborted && key.signal.aborted)
    expect(first.signal.reason).toMatchObject({ code: 'FENCED' })

    const again = await fleet.register({ id: 'coder-1' })
    expect(BigInt(again.epoch)).toBeGreaterThan(BigInt(first.epoch))
    expect((await tail.next()).value).toMatchObject({ type: 'agent_registered', data: { epoch: again.epoch } })
    await again.release()
  })
})
