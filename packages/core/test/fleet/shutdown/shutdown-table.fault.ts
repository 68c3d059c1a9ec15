/**
 * What a process with an agent comes to, however it ends: a table of exit codes and of what is left. With OAKUM_TABLE set it is
 * printed, and has all rows.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../../src/fleet/index.ts'
import { ECHO } from '../../../src/process/echo.ts'
import { PROGRAM_FLAGS } from '../../support/fixture-program.ts'
import { childrenOf, lives, sleepers, useToken } from '../../support/real-processes.ts'
import { shiftedClock } from '../../support/shifted-clock.ts'
import { temporaryFolder } from '../../support/sqlite.ts'
import { until } from '../../support/until.ts'

const PROGRAM = fileURLToPath(new URL('fixtures/program.ts', import.meta.url))

interface Program {
  readonly child: ChildProcessWithoutNullStreams
  /** Of the program itself, which may have been started by another one. */
  readonly pid: number
  readonly store: string
  said(line: string): Promise<unknown>
  tell(line: string): void
  errors(): string
}

interface Row {
  readonly end: string
  readonly draining?: 'quickly' | 'untilStopped' | 'forEver'
  readonly deadline?: number
  readonly asPid1?: true
  /** How many files it may have open. @default as many as this test */
  readonly descriptors?: number
  /** Has it end; resolves when nothing more is done to it. */
  act(program: Program): Promise<void>
  /** Undoes what was done to its store, once the program has ended. */
  after?(program: Program): void
  /** Whether most of its time is a wait: for a lock, say. */
  readonly waits?: true
  readonly code: number
  /** What it says on standard error. */
  readonly says?: RegExp
  /** What it owned that is there when it has ended, left to its lease. @default nothing */
  readonly left?: readonly string[]
  /** Whether the sweep comes when the lease is over, and not right after the end. */
  readonly leaseIsOver?: true
  /** Whether another row shows as much. */
  readonly onlyInTable?: true
}

/** A lease is over by then. */
const LATER = 200_000

const TO_ITS_LEASE = ['directory', 'lease']

const ROWS: readonly Row[] = [
  { end: 'SIGTERM', act: signal('SIGTERM'), code: 0 },
  { end: 'SIGINT', act: signal('SIGINT'), code: 0, onlyInTable: true },
  { end: 'SIGHUP', act: signal('SIGHUP'), code: 0 },
  {
    end: 'SIGINT and its echo',
    async act({ pid }) {
      process.kill(pid, 'SIGINT')
      process.kill(pid, 'SIGINT')
    },
    code: 0,
  },
  {
    end: 'SIGINT twice',
    draining: 'untilStopped',
    act: twice('SIGINT'),
    code: 130,
    says: /second signal, SIGINT/,
    left: TO_ITS_LEASE,
  },
  {
    end: 'SIGTERM twice',
    draining: 'untilStopped',
    act: twice('SIGTERM'),
    code: 143,
    left: TO_ITS_LEASE,
    onlyInTable: true,
  },
  { end: 'crash', act: tell('crash'), code: 1, says: /uncaught exception: Error: planted crash\n\s+at / },
  { end: 'unhandled rejection', act: tell('reject'), code: 1, says: /unhandled rejection: Error: planted rejection/ },
  {
    end: 'drain too long',
    draining: 'forEver',
    act: signal('SIGTERM'),
    code: 1,
    says: /TIMEOUT: What was under way took/,
  },
  {
    end: 'deadline',
    draining: 'untilStopped',
    deadline: 500,
    act: signal('SIGTERM'),
    code: 1,
    says: /took longer than 500 ms/,
    onlyInTable: true,
    left: TO_ITS_LEASE,
  },
  {
    end: 'store folder removed',
    async act(program) {
      rmSync(program.store, { recursive: true })
      process.kill(program.pid, 'SIGTERM')
    },
    code: 0,
  },
  {
    end: 'store locked for good',
    waits: true,
    deadline: 1_000,
    async act(program) {
      await lock(program)
      process.kill(program.pid, 'SIGTERM')
    },
    after: unlock,
    code: 1,
    says: /took longer than 1000 ms/,
    left: TO_ITS_LEASE,
  },
  {
    end: 'store locked for a while',
    waits: true,
    async act(program) {
      await lock(program)
      program.tell('write')
      await program.said('written')
      process.kill(program.pid, 'SIGTERM')
      await pause(ECHO) // it drains, and meets the lock
      unlock(program)
    },
    code: 0,
    says: /unhandled rejection of a store, which may pass/,
  },
  {
    end: 'SIGTERM without a descriptor left',
    descriptors: 200,
    async act(program) {
      await exhaust(program)
      process.kill(program.pid, 'SIGTERM')
    },
    code: 1,
    says: /Shut down by SIGTERM[^]*PROCESS_UNREADABLE/,
    left: ['process', ...TO_ITS_LEASE],
    leaseIsOver: true, // it was being released, by one that is dead now
  },
  {
    end: 'SIGINT twice without a descriptor left',
    descriptors: 200,
    draining: 'untilStopped',
    async act(program) {
      await exhaust(program)
      await twice('SIGINT')(program)
    },
    code: 130,
    says: /second signal, SIGINT[^]*PROCESS_UNREADABLE/,
    left: ['process', ...TO_ITS_LEASE],
  },
  { end: 'SIGTERM as PID 1', asPid1: true, act: signal('SIGTERM'), code: 0, says: /1 orphan ended uncollected/ },
  { end: 'crash as PID 1', asPid1: true, act: tell('crash'), code: 1, onlyInTable: true },
  {
    end: 'SIGINT twice as PID 1',
    asPid1: true,
    draining: 'untilStopped',
    act: twice('SIGINT'),
    code: 130,
    left: TO_ITS_LEASE,
    leaseIsOver: true, // its pids are of another namespace: nobody outside can tell that it is dead
  },
]

const WANTED = ROWS.filter(({ onlyInTable = false }) => !onlyInTable || process.env.OAKUM_TABLE !== undefined)

test('a process that ends, in whatever way, leaves nothing that its lease does not name', async () => {
  const results: Result[] = []
  // A few at a time, those first that mostly wait.
  const rest = WANTED.toSorted((a, b) => Number(b.waits ?? 0) - Number(a.waits ?? 0)).map(row => ({
    row,
    token: useToken(),
    folder: temporaryFolder(),
  }))
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) results.push(await run(next))
  }
  await Promise.all(Array.from({ length: 5 }, worker))
  const sorted = WANTED.map(row => results.find(result => result.row === row))
  if (process.env.OAKUM_TABLE !== undefined) print(sorted)
  for (const result of sorted) {
    expect(result?.code, result?.row.end).toBe(result?.row.code)
    expect(result?.left, result?.row.end).toEqual(result?.row.left ?? [])
    expect(result?.leftAfterSweep, result?.row.end).toEqual([])
    if (result?.row.says !== undefined) expect(result.errors, result.row.end).toMatch(result.row.says)
    else if (result?.row.code === 0) expect(result.errors, result.row.end).toBe('')
  }
})

interface Result {
  row: Row
  code: number | null
  milliseconds: number
  left: string[]
  leftAfterSweep: string[]
  errors: string
}

async function run({ row, token, folder }: { row: Row; token: string; folder: string }): Promise<Result> {
  const program = await start(row, token, folder)
  const began = performance.now()
  const ended = new Promise<number | null>(resolve => program.child.once('close', resolve))
  await row.act(program)
  const code = await ended
  const milliseconds = Math.round(performance.now() - began)
  row.after?.(program)
  const left = await whatIsLeft(program, token, folder)
  await sweep(program, row.leaseIsOver === true ? LATER : 0)
  const leftAfterSweep = await whatIsLeft(program, token, folder)
  return { row, code, milliseconds, left, leftAfterSweep, errors: program.errors() }
}

async function start(row: Row, token: string, folder: string): Promise<Program> {
  const { draining = 'quickly', deadline = 45_000 } = row
  const root = join(folder, 'root')
  const store = join(folder, 'store')
  mkdirSync(root)
  const node = [...PROGRAM_FLAGS, PROGRAM, `sqlite:${store}`, root, token, draining, String(deadline)]
  const limit = row.descriptors === undefined ? '' : `ulimit -n ${row.descriptors}; `
  const child =
    row.asPid1 === true
      ? spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, ...node])
      : spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', process.execPath, ...node])
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const said = (line: string): Promise<unknown> =>
    until(() => output.includes(`${line}\n`) || child.exitCode !== null, { what: `${row.end} says ${line}: ${errors}` })
  await said('ready')
  await until(() => sleepers(token).length === 1)
  const [inner] = row.asPid1 === true ? childrenOf(child.pid ?? 0) : [child.pid]
  return {
    child,
    pid: inner ?? 0,
    store,
    said,
    tell: line => void child.stdin.write(`${line}\n`),
    errors: () => errors,
  }
}

/** By means of the system, and of a connection of this test's own. */
async function whatIsLeft({ store }: Program, token: string, folder: string): Promise<string[]> {
  const left: string[] = []
  if (sleepers(token).length > 0) left.push('process')
  if (existsSync(join(folder, 'root/agent'))) left.push('directory')
  if (!existsSync(store)) return left
  const fleet = await connect(`sqlite:${store}`)
  if ((await fleet.get('agent')) !== null) left.push('lease')
  else if ((await fleet.getKey('agent:answer')) !== null) left.push('key')
  await fleet.close()
  return left
}

/** What any coordinator does that is there, or comes later. */
async function sweep({ store }: Program, ahead: number): Promise<void> {
  if (!existsSync(store)) return
  const fleet = await connect(`sqlite:${store}`, { clock: shiftedClock(ahead) })
  await fleet.coordinator({ grace: 0 }).sweep()
  await fleet.close()
}

function signal(name: NodeJS.Signals): Row['act'] {
  return async ({ pid }) => void process.kill(pid, name)
}

function twice(name: NodeJS.Signals): Row['act'] {
  return async program => {
    const { child, pid } = program
    process.kill(pid, name)
    await program.said('draining')
    // What comes at once is an echo; so is, for a process that was held up, what comes somewhat later.
    while (child.exitCode === null && child.signalCode === null) {
      await pause(ECHO * 1.5)
      if (lives(pid)) process.kill(pid, name)
    }
  }
}

function tell(line: string): Row['act'] {
  return async program => program.tell(line)
}

async function exhaust(program: Program): Promise<void> {
  program.tell('exhaust')
  await program.said('exhausted')
}

const locks = new Map<string, DatabaseSync>()

/** Once the program has written what it had to: only one call of its own shall meet the lock. */
async function lock({ store }: Program): Promise<void> {
  const database = new DatabaseSync(join(store, 'fleet.db'))
  await until(() => database.prepare('SELECT count(*) AS events FROM outbox').get()?.['events'] === 0)
  database.exec('BEGIN IMMEDIATE')
  locks.set(store, database)
}

function unlock({ store }: Program): void {
  locks.get(store)?.close()
  locks.delete(store)
}

function print(results: readonly (Result | undefined)[]): void {
  const cells = (result: Result | undefined): string[] =>
    result === undefined
      ? []
      : [
          result.row.end,
          String(result.code),
          `${result.milliseconds} ms`,
          result.left.join(', ') || 'nothing',
          result.leftAfterSweep.join(', ') || 'nothing',
        ]
  const rows = [['ended by', 'exit', 'time', 'left at its end', 'left after a sweep'], ...results.map(cells)]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  console.log(
    rows
      .map(row =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n'),
  )
}
