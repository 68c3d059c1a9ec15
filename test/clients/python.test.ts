import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect, type Coordinator, type Fleet } from '@oakum/core/fleet'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { executeHere } from '../../packages/cli/test/support/in-process.ts'
import { FLEET_SCHEMA } from '../../packages/core/src/fleet/drivers/sqlite/schema.ts'
import { openSqliteFleetStore } from '../../packages/core/src/fleet/drivers/sqlite/store.ts'
import { sleepers, useToken } from '../../packages/core/test/support/real-processes.ts'
import { temporaryFolder } from '../../packages/core/test/support/sqlite.ts'
import { until } from '../../packages/core/test/support/until.ts'
import { python, runPython } from './python.ts'

let directory: string
let store: string
let fleet: Fleet

beforeEach(async () => {
  directory = temporaryFolder()
  store = `sqlite:${join(directory, 'store')}`
  fleet = await connect(store)
  onTestFinished(() => fleet.close())
})

function coordinator(): Coordinator {
  return fleet.coordinator({ grace: 0, retryAfter: 10 })
}

/** The file itself, for what no call shows. */
function openFile(name = 'fleet.db'): DatabaseSync {
  const database = new DatabaseSync(join(directory, 'store', name))
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

async function lastBeat(): Promise<number> {
  return Number((await fleet.get('a'))?.lastBeat)
}

async function ownedBy(id: string): Promise<unknown[]> {
  const { stdout } = await executeHere(['status', id, '--json', '--store', store])
  return JSON.parse(stdout).resources
}

describe('the Python client', () => {
  it('knows the version of the schema, and its limits, that this code has', () => {
    const source = readFileSync(new URL('../../clients/python/oakum.py', import.meta.url), 'utf8')
    const constant = (name: string): string | undefined => new RegExp(`^${name} = (\\S+)`, 'm').exec(source)?.[1]
    // When this fails: bring clients/python/oakum.py and docs/protocol.md in step with the new migration, then the number.
    expect(constant('SCHEMA_VERSION')).toBe(String(FLEET_SCHEMA.migrations.length))
    expect(Number(constant('APPLICATION_ID'))).toBe(FLEET_SCHEMA.applicationId)
  })

  it('registers as Node does: the same columns, the same data of what it owns', async () => {
    const root = join(directory, 'root')
    mkdirSync(join(root, 'work'), { recursive: true })
    const node = await fleet.register({ id: 'node', roots: [root], labels: { team: 'ü' }, ownsProcess: true })
    await node.own('directory', join(root, 'work'))
    const program = await python(
      `agent = oakum.register(sys.argv[1], 'python', roots=[sys.argv[2]], labels={'team': 'ü'}, owns_process=True)
agent.own('directory', sys.argv[2] + '/work')
print('ready')
input()
agent.release()`,
      store,
      root,
    )
    await program.line()
    await until(async () => (await fleet.agents()).every(({ phase }) => phase === 'alive'))

    const database = openFile()
    const rows = database.prepare('SELECT * FROM leases ORDER BY id').all()
    const own = new Set([
      'seq',
      'id',
      'epoch',
      'nonce',
      'pid',
      'start_time',
      'registered_at',
      'last_beat',
      'due_at',
      'loop_lag',
      'heap',
    ])
    const [ofNode, ofPython] = rows.map(row => Object.entries(row).filter(([name]) => !own.has(name)))
    expect(ofPython).toEqual(ofNode)
    const directories = database.prepare("SELECT key, data FROM resources WHERE kind = 'directory'").all()
    expect(directories.map(({ data }) => JSON.parse(text(data)))).toEqual([
      JSON.parse(text(directories[0]?.data)),
      JSON.parse(text(directories[0]?.data)),
    ])
    expect(directories).toHaveLength(2)
    const shape = (data: unknown): string[] => Object.keys(JSON.parse(text(data)))
    const processes = database.prepare("SELECT data FROM resources WHERE kind = 'process' ORDER BY number").all()
    expect(processes.map(({ data }) => shape(data))).toEqual([
      ['mark'],
      ['pid', 'startTime', 'bootId'],
      ['mark'],
      ['pid', 'startTime', 'bootId'],
    ])
    database.close()
    program.tell('go')
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('is listed by status, hears that it shall stop, and leaves nothing when it is released', async () => {
    const token = useToken()
    mkdirSync(join(directory, 'work'))
    const program = await python(
      `import subprocess, threading
asked = threading.Event()
with oakum.register(sys.argv[1], 'coder-1', roots=[sys.argv[2]], state='thinking', on_stop=asked.set) as agent:
    agent.own('directory', sys.argv[2] + '/work')
    agent.set_key('plan', 'read, then write')
    subprocess.Popen(['setsid', 'sleep', sys.argv[3]], env={**os.environ, **agent.env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    agent.set_state('waiting')
    print('ready')
    asked.wait()
    agent.ended.wait()
    print(agent.stop_requested.is_set(), agent.fenced.is_set())`,
      store,
      directory,
      token,
    )
    expect(await program.line()).toBe('ready')
    const { stdout } = await executeHere(['status', '--json', '--store', store])
    expect(JSON.parse(stdout).agents).toMatchObject([
      { id: 'coder-1', state: 'waiting', process: { pid: program.child.pid } },
    ])
    expect(await ownedBy('coder-1')).toContainEqual(
      expect.objectContaining({ kind: 'directory', key: join(directory, 'work') }),
    )
    expect(await fleet.requestStop('coder-1')).toBe(true)
    expect(await program.line()).toBe('True False')
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })

    // It cannot end processes or remove folders itself: what it still owned is the next sweep's.
    expect(await coordinator().sweep()).toMatchObject({ orphansDetected: 0 })
    expect(await fleet.agents()).toEqual([])
    expect(sleepers(token)).toEqual([])
    expect(existsSync(join(directory, 'work'))).toBe(false)
    await fleet.flush()
    const types = (await fleet.events.read({ agent: 'coder-1' })).map(({ type }) => type)
    expect(types).toEqual(['agent_registered', 'agent_state', 'agent_stopped'])
    for (const table of ['leases', 'resources', 'keys', 'locks', 'outbox']) {
      expect({ table, rows: openFile().prepare(`SELECT * FROM ${table}`).all() }).toEqual({ table, rows: [] })
    }
  })

  it('refuses times that cannot be', async () => {
    const program = `for times in ({'lease_ttl': 0}, {'beat_every': 100}, {'progress_timeout': 0}, {'progress_timeout': float('nan')}):
    try:
        oakum.register(sys.argv[1], 'a', **times)
    except oakum.OakumError as error:
        print(error.code)`
    expect(await runPython(program, store)).toBe(Array.from({ length: 4 }, () => 'INVALID_OPTION').join('\n'))
    expect(await fleet.agents()).toEqual([])
  })

  it('needs no coordinator to be released when it owns nothing any more', async () => {
    expect(await runPython(`print(oakum.register(sys.argv[1], 'a').release())`, store)).toBe('True')
    expect(await fleet.agents()).toEqual([])
    expect(await fleet.tombstones()).toMatchObject([{ id: 'a', reason: 'released' }])
  })

  it('is reclaimed when it is killed, and its id is free again', async () => {
    const token = useToken()
    mkdirSync(join(directory, 'work'))
    const program = await python(
      `import subprocess
agent = oakum.register(sys.argv[1], 'coder-1', roots=[sys.argv[2]])
agent.own('directory', sys.argv[2] + '/work')
child = subprocess.Popen(['sleep', sys.argv[3]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
agent.own('process', child.pid)
print(agent.epoch)
input()`,
      store,
      directory,
      token,
    )
    const epoch = await program.line()
    await until(() => sleepers(token).length === 1)
    const alive = `try:
    oakum.register(sys.argv[1], 'coder-1')
except oakum.OakumError as error:
    print(error.code)`
    expect(await runPython(alive, store)).toBe('AGENT_EXISTS')

    program.child.kill('SIGKILL')
    await program.ended
    const again = await runPython(`print(oakum.register(sys.argv[1], 'coder-1').epoch)`, store)
    expect(BigInt(again)).toBeGreaterThan(BigInt(epoch))
    await until(async () => (await coordinator().sweep(), (await fleet.agents()).length === 0))
    expect(sleepers(token)).toEqual([])
    expect(existsSync(join(directory, 'work'))).toBe(false)
    expect((await fleet.tombstones()).map(({ reason }) => reason)).toEqual(['process_gone', 'process_gone'])
  })

  it('is told when its lease was claimed, and can write nothing any more', async () => {
    const program = await python(
      `import threading
told = threading.Event()
agent = oakum.register(sys.argv[1], 'a', on_fenced=told.set)
print(agent.epoch)
told.wait()
print(agent.fenced.is_set(), agent.ended.is_set())
for write in (agent.assert_alive, lambda: agent.own('key', 'x'), lambda: agent.set_key('x', 'y'), lambda: agent.set_state('z')):
    try:
        write()
    except oakum.Fenced as error:
        print(error.code)
print(agent.release())`,
      store,
    )
    const epoch = await program.line()
    const other = await openSqliteFleetStore({ directory: join(directory, 'store') })
    onTestFinished(() => other.close())
    await until(async () => (await other.get('a'))?.phase === 'alive')
    const what = { by: 'proven', refs: [{ id: 'a', epoch }] } as const
    expect((await other.claim({ holder: 'test', claimTtl: 60_000, what })).claims).toHaveLength(1)
    expect(await program.line()).toBe('True True')
    for (let write = 0; write < 4; write++) expect(await program.line()).toBe('FENCED')
    expect(await program.line()).toBe('False')
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it.each([
    ['fails', "raise ValueError('planted')"],
    ['does not return', 'time.sleep(600)'],
  ])('goes on beating when what it calls %s', async (_, what) => {
    const program = await python(
      `def stop():
    print('asked')
    ${what}
oakum.register(sys.argv[1], 'a', beat_every=0.05, on_stop=stop)
time.sleep(600)`,
      store,
    )
    await until(() => fleet.requestStop('a'))
    expect(await program.line()).toBe('asked')
    for (let beats = 0, before = await lastBeat(); beats < 3; beats++) {
      before = await until(async () => {
        const now = await lastBeat()
        return now > before ? now : undefined
      })
    }
  })

  it('fences itself when it was stopped for longer than its lease', async () => {
    const program = await python(
      `agent = oakum.register(sys.argv[1], 'a', lease_ttl=2, beat_every=0.2)
print('ready')
input()
try:
    agent.set_state('late')
except oakum.Fenced as error:
    print(error)`,
      store,
    )
    await program.line()
    const expiresAt = await until(async () => {
      const agents = await fleet.agents()
      return agents[0]?.phase === 'alive' ? agents[0].expiresAt : null
    })
    program.child.kill('SIGSTOP')
    const { stdout } = await executeHere(['status', '--json', '--store', store])
    expect(JSON.parse(stdout).agents).toHaveLength(1)
    await until(async () => (await coordinator().sweep()).orphans.length > 0, { what: 'its silence is noticed' })
    expect((await fleet.tombstones())[0]).toMatchObject({ id: 'a', reason: 'stale_heartbeat' })
    expect((await fleet.tombstones())[0]?.endedAt).toBeGreaterThanOrEqual(expiresAt)
    program.tell('go')
    program.child.kill('SIGCONT')
    expect(await program.line()).toMatch(/^Agent a \(epoch \d+\) is fenced: /)
  })

  it('beats, and gets over being stalled when it makes progress', async () => {
    const program = await python(
      `agent = oakum.register(sys.argv[1], 'a', beat_every=0.05, progress_timeout=0.1)
while True:
    input()
    agent.progress()`,
      store,
    )
    const first = await until(async () => (await fleet.get('a'))?.lastBeat)
    await until(async () => Number((await fleet.get('a'))?.lastBeat) > first, { what: 'a second beat' })
    const other = await openSqliteFleetStore({ directory: join(directory, 'store') })
    onTestFinished(() => other.close())
    const stalledAt = await until(async () => {
      await other.stalled({ limit: 10 })
      return (await fleet.get('a'))?.stalledAt
    })
    program.tell('go')
    await until(async () => (await fleet.get('a'))?.stalledAt === null, { what: 'it is stalled no more' })
    expect((await fleet.get('a'))?.progressAt).toBeGreaterThanOrEqual(stalledAt)
    await fleet.flush()
    expect(await fleet.events.read({ types: ['agent_progressed'] })).toMatchObject([
      { agent: 'a', data: { milliseconds: expect.any(Number) } },
    ])
  })

  it('starts the clock of a store that this boot has not seen, as Node would', async () => {
    const database = openFile()
    database.exec("UPDATE boots SET boot_id = 'before'")
    await runPython(`oakum.register(sys.argv[1], 'a').release()`, store)
    const offsets = database.prepare('SELECT clock_offset FROM boots ORDER BY number').all()
    expect(offsets).toHaveLength(2)
    const [before = 0, after = 0] = offsets.map(row => Number(row.clock_offset))
    // Both were taken from the wall clock, within a minute of each other.
    expect(Math.abs(after - before)).toBeLessThan(60_000)
  })

  it('refuses its calls in a process that was forked', async () => {
    const program = `agent = oakum.register(sys.argv[1], 'a')
if os.fork() == 0:
    for call in (lambda: agent.set_state('child'), lambda: agent.get_key('x'), agent.release):
        try:
            with agent:
                call()
        except oakum.OakumError as error:
            print(error.code)
    os._exit(0)
os.wait()
print(agent.release())`
    expect(await runPython(program, store)).toBe('STORE_CLOSED\nSTORE_CLOSED\nSTORE_CLOSED\nTrue')
  })

  it('refuses to read once it was released', async () => {
    const program = `agent = oakum.register(sys.argv[1], 'a')
agent.release()
try:
    agent.get_key('x')
except oakum.OakumError as error:
    print(error.code)`
    expect(await runPython(program, store)).toBe('STORE_CLOSED')
  })
})

describe('a store that it does not know', () => {
  it('is refused, and left as it is', async () => {
    const program = await python(`for line in sys.stdin:
    try:
        oakum.register(line.strip(), 'a')
    except Exception as error:
        print(getattr(error, 'code', 'UNEXPECTED'), error)`)
    const refusal = (url: string): Promise<string> => {
      program.tell(url)
      return program.line()
    }

    const database = openFile()
    const known = FLEET_SCHEMA.migrations.length
    database.exec(`PRAGMA user_version = ${known + 1}`)
    expect(await refusal(store)).toMatch(/^STORE_NEWER .* has version \d+, this client knows \d+: /)
    database.exec(`PRAGMA user_version = ${known - 1}`)
    expect(await refusal(store)).toMatch(/^STORE_UNREADABLE .* has version \d+, this client knows \d+: /)
    expect(database.prepare('SELECT * FROM leases').all()).toEqual([])
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: known - 1 })
    database.exec(`PRAGMA user_version = ${known}`)

    const foreign = join(directory, 'foreign')
    mkdirSync(foreign)
    const other = new DatabaseSync(join(foreign, 'fleet.db'))
    other.exec('CREATE TABLE mine (x)')
    other.close()
    expect(await refusal(`sqlite:${foreign}`)).toMatch(/^STORE_CORRUPT .*is no store of Oakum's/)
    writeFileSync(join(foreign, 'fleet.db'), 'no database '.repeat(1_000))
    expect(await refusal(`sqlite:${foreign}`)).toMatch(/^STORE_CORRUPT .*file is not a database/)

    const nowhere = join(directory, 'nowhere')
    expect(await refusal(`sqlite:${nowhere}`)).toMatch(/^STORE_UNREADABLE There is no store at .*nowhere/)
    expect(existsSync(nowhere)).toBe(false)
    expect(await refusal('redis://localhost')).toMatch(/^STORE_UNKNOWN /)
  })
})

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`No text: ${String(value)}`)
}
