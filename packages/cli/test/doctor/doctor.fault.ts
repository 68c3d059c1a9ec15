import { copyFile, mkdir, mkdtemp, rm, stat, writeFile, chmod } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import type { Outcome } from '../../src/doctor/outcome.ts'
import { createWorld, programLine, type World } from './world.ts'

const START_AND_LEAVE = '"$@" >/dev/null 2>&1 & echo $!'

describe('oakum doctor on a machine with left-overs of every kind', () => {
  it('names each, ends what may be ended, and is clean the second time', async () => {
    const { world, root, store } = await setUp()
    const { claude, gemini, server, crashed, left, kept, scoped } = await plant(world, root, store)
    const doctor = async (...args: string[]): Promise<{ code: number | null; found: Outcome[] }> => {
      const { code, stdout, stderr } = await world.oakum('doctor', '--json', '--store', store, ...args)
      expect(stderr).toBe('')
      return { code, found: readFindings(stdout) }
    }
    const living = async (...pids: number[]): Promise<boolean[]> => Promise.all(pids.map(pid => world.lives(pid)))

    const first = await doctor()
    expect(first.code).toBe(1)
    expect(summary(first.found)).toEqual([
      'AGENT_VANISHED agent vanished with 1 process, 1 path',
      'PROCESS_LEFT 1 process of a program that used Oakum',
      'PROCESS_LEFT 1 process of agent ended',
      'PROGRAM_ORPHANED claude',
      'PROGRAM_ORPHANED opencode',
      'SIGNAL_BLOCKED agent below-npm',
      'STORE_EXPOSED 1 file of the store',
    ])
    expect(first.found.every(({ fixed }) => fixed === null)).toBe(true)
    const orphan = first.found.find(({ what }) => what === 'claude')
    expect(orphan?.processes[0]?.identity.pid).toBe(claude)
    expect(orphan?.memory).toBeGreaterThan(0)
    expect(first.found.find(({ code }) => code === 'SIGNAL_BLOCKED')?.why).toMatch(/^A signal to npm/)

    const fixed = await doctor('--fix')
    expect(fixed.code).toBe(1)
    expect(states(fixed.found)).toEqual({
      'AGENT_VANISHED vanished': true,
      'PROCESS_LEFT ended': true,
      PROCESS_LEFT: null, // somebody may miss it: it has to be asked for
      'PROGRAM_ORPHANED claude': null, // likewise
      'PROGRAM_ORPHANED opencode': null,
      'SIGNAL_BLOCKED below-npm': null, // nothing that could be ended, but advice
      STORE_EXPOSED: true,
    })
    expect(existsSync(join(root, 'work'))).toBe(false)
    expect((await stat(join(root, 'store/fleet.db'))).mode & 0o777).toBe(0o600)
    expect(await living(crashed, left, claude, scoped, gemini, kept)).toEqual([false, false, true, true, true, true])

    const named = await doctor(String(claude), '--fix')
    expect({ code: named.code, states: states(named.found) }).toEqual({
      code: 0,
      states: { 'PROGRAM_ORPHANED claude': true },
    })
    expect(await living(claude, scoped, gemini, kept)).toEqual([false, true, true, true])

    const asked = await doctor('--fix', '--orphans')
    expect({ code: asked.code, states: states(asked.found) }).toEqual({
      code: 0,
      // Others may be connected to a server: it has to be named.
      states: { PROCESS_LEFT: true, 'PROGRAM_ORPHANED opencode': null, 'SIGNAL_BLOCKED below-npm': null },
    })
    expect(await living(scoped, server, gemini, kept)).toEqual([false, true, true, true])

    const ended = await doctor(String(server), '--fix')
    expect({ code: ended.code, states: states(ended.found) }).toEqual({
      code: 0,
      states: { 'PROGRAM_ORPHANED opencode': true },
    })
    expect(await living(server)).toEqual([false])

    const second = await world.oakum('doctor', '--store', store)
    expect({ code: second.code, stdout: second.stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/Nothing is left over\. 1 piece of advice\.\n$/),
    })
    expect(await living(gemini, kept)).toEqual([true, true])
    expect((await world.oakum('status', 'below-npm', '--store', store)).code).toBe(0)
  })
})

describe('oakum doctor in a container', () => {
  it.each([
    { first: 'a shell', init: ['sh', '-c', '"$0" 1000 & wait'], why: /a shell that passes no signal on$/ },
    { first: 'the agent', init: [], why: /the kernel drops SIGTERM for that one unless it has a handler$/ },
  ])('says that no signal reaches an agent when the first process is $first', async ({ init, why }) => {
    const root = await createFolder()
    const claude = join(root, 'claude')
    await copyFile('/usr/bin/sleep', claude)
    const world = await createWorld(...init, claude, ...(init.length > 0 ? [] : ['1000']))
    const { code, stdout } = await world.oakum('doctor', '--json', '--store', `sqlite:${join(root, 'store')}`)
    expect(readFindings(stdout)).toMatchObject([
      { code: 'SIGNAL_BLOCKED', what: 'claude', why: expect.stringMatching(why) },
    ])
    expect(code).toBe(0)
  })
})

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oakum-doctor-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

async function setUp(): Promise<{ world: World; root: string; store: string }> {
  const root = await createFolder()
  return { world: await createWorld(), root, store: `sqlite:${join(root, 'store')}` }
}

interface Planted {
  /** Orphans; gemini is kept. */
  claude: number
  gemini: number
  /** One that takes connections. */
  server: number
  /** Of an agent that crashed. */
  crashed: number
  /** Of an agent that ended; the latter is kept. */
  left: number
  kept: number
  /** Of no agent that anybody knows. */
  scoped: number
}

async function plant(world: World, root: string, store: string): Promise<Planted> {
  const programs = join(root, 'programs')
  await mkdir(programs)
  for (const name of ['claude', 'gemini']) await copyFile('/usr/bin/sleep', join(programs, name))
  await writeFile(join(root, 'package.json'), JSON.stringify({ scripts: { agent: 'eval "$AGENT"; exit' } }))

  const agent = programLine('agent', store, 'below-npm').map(word => `'${word}'`)
  const script = `cd '${root}' && AGENT="$0" npm run agent >/dev/null 2>&1 & exit 0`
  const [planted] = await Promise.all([
    world.program('planter', store, root),
    world.run('setsid', 'sh', '-c', script, agent.join(' ')),
  ])
  const [crashed = 0, left = 0, kept = 0, scoped = 0]: number[] = JSON.parse(planted.stdout)
  await writeFile(join(programs, 'opencode.cjs'), "require('net').createServer().listen(process.argv[2])")
  const orphan = async (...words: string[]): Promise<number> => {
    const { stdout } = await world.run('setsid', '--wait', 'sh', '-c', START_AND_LEAVE, 'sh', ...words)
    return Number(stdout)
  }
  const socket = join(root, 'socket')
  const [claude, gemini, server] = await Promise.all([
    orphan(join(programs, 'claude'), '1000'),
    orphan(join(programs, 'gemini'), '1000'),
    orphan(process.execPath, join(programs, 'opencode.cjs'), socket),
  ])
  await until(() => existsSync(socket))
  expect((await world.oakum('keep', String(gemini), String(kept), '--store', store)).code).toBe(0)
  await until(async () => (await world.oakum('status', 'below-npm', '--store', store)).code === 0)
  await chmod(join(root, 'store/fleet.db'), 0o644)
  return { claude, gemini, server, crashed, left, kept, scoped }
}

function readFindings(stdout: string): Outcome[] {
  const { findings }: { findings: Outcome[] } = JSON.parse(stdout)
  return findings
}

function summary(found: readonly Outcome[]): string[] {
  return found.map(({ code, what }) => `${code} ${what}`).toSorted()
}

function states(found: readonly Outcome[]): Record<string, boolean | null> {
  return Object.fromEntries(
    found.map(({ code, agent, what, fixed }) => {
      const name = code === 'PROGRAM_ORPHANED' ? what : agent
      return [name === undefined ? code : `${code} ${name}`, fixed]
    }),
  )
}
