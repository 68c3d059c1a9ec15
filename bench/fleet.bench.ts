/**
 * What a fleet of 10,000 living agents costs its store: memory and SQLite in one run, medians of five rounds.
 *
 * `npm run bench:fleet` prints the table; with `-- --save` it is written to bench/results/fleet.md as well. Exits 1 when a
 * target of SQLite's is missed.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../packages/core/src/clock/clock.ts'
import { createMemoryFleetStore } from '../packages/core/src/fleet/drivers/memory/store.ts'
import { openSqliteFleetStore } from '../packages/core/src/fleet/drivers/sqlite/store.ts'
import type { LeaseRef } from '../packages/core/src/fleet/records.ts'
import type { ClaimReply, FleetStore } from '../packages/core/src/fleet/store.ts'

const AGENTS = 10_000
const BATCH = 100
const ROUNDS = 5
const CALLS = 100
const LEASE_TTL = 120_000

/** Milliseconds of one call: the median of five rounds. */
interface Figures {
  beats: number
  idleClaim: number
  claim: number
}

/** What SQLite has to keep to, in milliseconds. */
const TARGETS: Figures = { beats: 1, idleClaim: 1, claim: 10 }

const MEASURED = ['beats', 'idleClaim', 'claim'] as const

const LABELS: Record<keyof Figures, string> = {
  beats: `beats of ${BATCH} agents, one call (p50 of ${CALLS})`,
  idleClaim: `a claim with none expired (p50 of ${CALLS})`,
  claim: `a claim of ${BATCH} that expired`,
}

const directory = await mkdtemp(join(tmpdir(), 'oakum-bench-'))
try {
  const time = setTime()
  const memory = await measure(createMemoryFleetStore({ clock: time }), time)
  const sqlite = await measure(await openSqliteFleetStore({ directory, clock: time }), time)
  const report = render(memory, sqlite)
  console.log(report)
  if (process.argv.includes('--save')) await save(report)
  const missed = MEASURED.filter(key => sqlite[key] > TARGETS[key])
  for (const key of missed) console.error(`missed: ${LABELS[key]}: ${format(sqlite[key])} > ${TARGETS[key]} ms`)
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  await rm(directory, { recursive: true })
}

/** Rounds on one store; agents that were claimed are finished and replaced, so that 10,000 live at the start of each. */
async function measure(store: FleetStore, time: SetTime): Promise<Figures> {
  const agents: LeaseRef[] = []
  for (let index = 0; index < AGENTS; index += 1) agents.push(await register(store, `agent-${index}`))
  const rounds: Figures[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const batches = Array.from({ length: CALLS }, (_, index) => agents.slice(index * BATCH, (index + 1) * BATCH))
    const beats = median(await timeEach(batches, batch => store.beat(batch)))
    const idleClaim = median(await timeEach(batches, () => claim(store)))
    time.advance(LEASE_TTL - 1)
    for (const batch of batches.slice(1)) await store.beat(batch)
    time.advance(1)
    const started = performance.now()
    const { claims } = await claim(store)
    rounds.push({ beats, idleClaim, claim: performance.now() - started })
    if (claims.length !== BATCH) throw new Error(`${claims.length} leases were claimed instead of ${BATCH}.`)
    for (const { token } of claims) await store.finish(token, { released: 0, kept: [], milliseconds: 0 })
    for (let index = 0; index < BATCH; index += 1) agents[index] = await register(store, `agent-${index}`)
    const { last } = await store.pendingEvents(AGENTS * 2)
    await store.dropPendingEvents(last)
  }
  await store.close()
  return {
    beats: median(rounds.map(({ beats }) => beats)),
    idleClaim: median(rounds.map(({ idleClaim }) => idleClaim)),
    claim: median(rounds.map(round => round.claim)),
  }
}

async function register(store: FleetStore, id: string): Promise<LeaseRef> {
  const { epoch } = await store.register({
    id,
    nonce: id,
    host: 'bench',
    process: { pid: 1, startTime: '1', bootId: 'bench' },
    roots: [],
    labels: { team: 'bench' },
    state: 'idle',
    leaseTtl: LEASE_TTL,
    resources: [{ kind: 'process', key: id, data: { pid: 1 } }],
  })
  return { id, epoch }
}

/** Leases end when the bench says so, not when the machine is slow. */
interface SetTime extends Clock {
  advance(milliseconds: number): void
}

function setTime(): SetTime {
  const start = Date.now()
  let passed = 0
  return {
    now: () => start + passed,
    monotonic: () => passed,
    advance: milliseconds => void (passed += milliseconds),
  }
}

function claim(store: FleetStore): Promise<ClaimReply> {
  return store.claim({ holder: 'bench', claimTtl: 60_000, what: { by: 'expired' } })
}

async function timeEach<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (const item of items) {
    const started = performance.now()
    await run(item)
    times.push(performance.now() - started)
  }
  return times
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function render(memory: Figures, sqlite: Figures): string {
  const rows = MEASURED.map(
    key => `| ${LABELS[key]} | ${format(memory[key])} | ${format(sqlite[key])} | ≤ ${TARGETS[key]} ms |`,
  )
  return [
    `# The fleet’s store with ${AGENTS.toLocaleString('en')} living agents`,
    '',
    `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}; medians of ${ROUNDS} rounds.`,
    'Run again with `npm run bench:fleet`.',
    '',
    '| | memory | SQLite | target |',
    '|---|---|---|---|',
    ...rows,
    '',
    'The claim in memory also moves the deadlines of all agents that have beaten since the claim before.',
    '',
  ].join('\n')
}

async function save(report: string): Promise<void> {
  const results = new URL('results/', import.meta.url)
  await mkdir(results, { recursive: true })
  await writeFile(new URL('fleet.md', results), report)
}

function format(milliseconds: number): string {
  return `${milliseconds.toFixed(3)} ms`
}
