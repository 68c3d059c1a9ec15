/**
 * What a scope costs, beside native AsyncDisposableStack and Effect's Scope: all in one run, medians of five rounds, in which
 * they take turns slice by slice.
 *
 * `npm ci --prefix bench/peers` once; then `npm run bench:scope` prints the table. With `-- --save` it is written to
 * bench/results/scope.md as well. Exits 1 when a target is missed.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Scope } from '../packages/core/src/scope/index.ts'

const ROUNDS = 5
const WARM_UP = 5
/** Parts of a round that take turns, so that whatever else the machine does meets all sides alike. */
const SLICES = 50
const CHILDREN = 100_000

/** As much of Effect as is measured; it is installed apart from the workspaces. */
interface EffectModule {
  readonly Effect: {
    sync(fn: () => void): unknown
    runSync(effect: unknown): unknown
    runPromise(effect: unknown): Promise<unknown>
  }
  readonly Scope: {
    makeUnsafe(): unknown
    addFinalizer(scope: unknown, finalizer: unknown): unknown
    close(scope: unknown, exit: unknown): unknown
  }
  readonly Exit: { readonly void: unknown }
}

/** One side of a comparison. */
interface Measurement {
  readonly slices: number
  /** Measures one slice. A round's figure is the median of its slices: what the machine stole from some falls out. */
  readonly measure: () => Promise<number>
}

/** One line of the table. */
interface Row {
  readonly what: string
  readonly oakum: number
  readonly native?: number
  readonly effect?: number
  readonly unit: string
  readonly target?: { readonly text: string; readonly met: boolean }
}

const gc = globalThis.gc
if (gc === undefined) throw new Error('Run it with --expose-gc: npm run bench:scope')
const { Effect, Exit, Scope: EffectScope } = await importEffect()

let calls = 0
const finalizer = (): void => void calls++
const finalizerEffect = Effect.sync(finalizer)

const rows: Row[] = [await openAndClose(), await openAndCloseAsync(), await memory(), await closeChildren()]
rows.push(
  await tasks('work that declares a signal', signal => until(signal)),
  await tasks('work that declares none', nothing),
)
rows.push(await earlyRelease())
const report = render(rows)
console.log(report)
if (process.argv.includes('--save')) await save(report)
for (const { what, target } of rows) if (target?.met === false) console.error(`missed: ${what}: ${target.text}`)
process.exitCode = rows.some(({ target }) => target?.met === false) ? 1 : 0

async function openAndClose(): Promise<Row> {
  const [oakum = NaN, native = NaN, effect = NaN] = await rounds(
    perOperation(100_000, async count => {
      for (let done = 0; done < count; done++) {
        const scope = new Scope('bench')
        scope.defer(finalizer)
        scope.defer(finalizer)
        scope.defer(finalizer)
        await scope.close()
      }
    }),
    perOperation(50_000, async count => {
      for (let done = 0; done < count; done++) {
        const stack = new AsyncDisposableStack()
        stack.defer(finalizer)
        stack.defer(finalizer)
        stack.defer(finalizer)
        await stack.disposeAsync()
      }
    }),
    // The cheapest of Effect's ways that can await a finalizer: 'Scope.make' and 'scoped' inside an effect cost more.
    perOperation(10_000, async count => {
      for (let done = 0; done < count; done++) {
        const scope = EffectScope.makeUnsafe()
        for (let n = 0; n < 3; n++) Effect.runSync(EffectScope.addFinalizer(scope, finalizerEffect))
        await Effect.runPromise(EffectScope.close(scope, Exit.void))
      }
    }),
  )
  const ratios = `${(native / oakum).toFixed(1)}× native (≥ 3), ${(effect / oakum).toFixed(1)}× Effect (≥ 10)`
  const target = { text: ratios, met: native >= 3 * oakum && effect >= 10 * oakum }
  return { what: 'open, three finalizers, close', oakum, native, effect, unit: 'ns', target }
}

/** Where finalizers take a turn each, waiting outweighs the rest. */
async function openAndCloseAsync(): Promise<Row> {
  const [oakum = NaN, native = NaN] = await rounds(
    perOperation(50_000, async count => {
      for (let done = 0; done < count; done++) {
        const scope = new Scope('bench')
        scope.defer(nothing)
        scope.defer(nothing)
        scope.defer(nothing)
        await scope.close()
      }
    }),
    perOperation(50_000, async count => {
      for (let done = 0; done < count; done++) {
        const stack = new AsyncDisposableStack()
        stack.defer(nothing)
        stack.defer(nothing)
        stack.defer(nothing)
        await stack.disposeAsync()
      }
    }),
  )
  return { what: 'the same, finalizers asynchronous', oakum, native, unit: 'ns' }
}

/** Live, with a name of its own; the callbacks are shared. */
async function memory(): Promise<Row> {
  const [oakum = NaN, native = NaN, effect = NaN] = await rounds(
    whole(async () => {
      const root = new Scope('root')
      const bytes = bytesOf(() => {
        for (let n = 0; n < CHILDREN; n++) threeCallbacks(root.child(`child-${n}`))
        return root
      })
      await root.close()
      return bytes
    }),
    whole(async () =>
      bytesOf(() =>
        Array.from({ length: CHILDREN }, () => {
          const stack = new AsyncDisposableStack()
          for (let n = 0; n < 3; n++) stack.defer(finalizer)
          return stack
        }),
      ),
    ),
    whole(async () =>
      bytesOf(() =>
        Array.from({ length: CHILDREN }, () => {
          const scope = EffectScope.makeUnsafe()
          for (let n = 0; n < 3; n++) Effect.runSync(EffectScope.addFinalizer(scope, finalizerEffect))
          return scope
        }),
      ),
    ),
  )
  const target = { text: `${oakum.toFixed(0)} bytes (≤ 450)`, met: oakum <= 450 }
  return { what: 'a live child scope with three callbacks', oakum, native, effect, unit: 'bytes', target }
}

async function closeChildren(): Promise<Row> {
  const [oakum = NaN] = await rounds(
    whole(async () => {
      const root = new Scope('root')
      for (let n = 0; n < CHILDREN; n++) threeCallbacks(root.child('child'))
      gc?.()
      const started = performance.now()
      await root.close()
      return performance.now() - started
    }),
  )
  const target = { text: `${oakum.toFixed(0)} ms (≤ 100)`, met: oakum <= 100 }
  return {
    what: `closing ${CHILDREN.toLocaleString('en')} children with three callbacks each`,
    oakum,
    unit: 'ms',
    target,
  }
}

/** Started, cancelled and awaited, in scopes of 1,000; beside an AbortController and a promise by hand. */
async function tasks(what: string, work: (signal: AbortSignal) => Promise<unknown>): Promise<Row> {
  const batch = 1_000
  const [oakum = NaN, native = NaN] = await rounds(
    perOperation(SLICES, async () => {
      const scope = new Scope('bench')
      for (let n = 0; n < batch; n++) void scope.task('work', work)
      await scope.close()
    }),
    perOperation(SLICES, async () => {
      const controllers: AbortController[] = []
      const promises: Promise<unknown>[] = []
      const reason = new Error('cancelled')
      for (let n = 0; n < batch; n++) {
        const controller = new AbortController()
        controllers.push(controller)
        promises.push(work(controller.signal))
      }
      for (const controller of controllers) controller.abort(reason)
      await Promise.allSettled(promises)
    }),
  )
  return {
    what: `tasks per second, started and cancelled: ${what}`,
    oakum: (batch / oakum) * 1e9,
    native: (batch / native) * 1e9,
    unit: '/s',
  }
}

async function earlyRelease(): Promise<Row> {
  const parent = new Scope('parent')
  for (let n = 0; n < 1_000; n++) parent.defer(finalizer)
  const [oakum = NaN] = await rounds(
    perOperation(100_000, async count => {
      for (let done = 0; done < count; done++) await parent.defer(finalizer)()
    }),
  )
  return { what: 'adopt and release early, 1,000 others alive', oakum, unit: 'ns' }
}

function threeCallbacks(scope: Scope): void {
  scope.defer(finalizer)
  scope.defer(finalizer)
  scope.defer(finalizer)
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function nothing(): Promise<void> {
  return Promise.resolve()
}

/** Nanoseconds of one operation, of which so many make a round; `run` runs as many as it is told. */
function perOperation(count: number, run: (count: number) => Promise<void>): Measurement {
  const slice = Math.ceil(count / SLICES)
  const measure = async (): Promise<number> => {
    const started = performance.now()
    await run(slice)
    return ((performance.now() - started) * 1e6) / slice
  }
  return { slices: SLICES, measure }
}

/** A round in one piece. */
function whole(measure: () => Promise<number>): Measurement {
  return { slices: 1, measure }
}

/** Heap bytes of each of what `make` returns, while it is alive. */
function bytesOf(make: () => unknown): number {
  gc?.()
  const before = process.memoryUsage().heapUsed
  const alive = make()
  gc?.()
  const after = process.memoryUsage().heapUsed
  return alive === undefined ? 0 : (after - before) / CHILDREN
}

/** The median of each measurement over five rounds, after five to warm up, in all of which they take turns. */
async function rounds(...measurements: Measurement[]): Promise<number[]> {
  const figures = measurements.map((): number[] => [])
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const slices = measurements.map((): number[] => [])
    for (let slice = 0; slice < SLICES; slice++) {
      for (const [index, { slices: wanted, measure }] of measurements.entries()) {
        if (slice < wanted) slices[index]?.push(await measure())
      }
    }
    if (round >= 0) slices.forEach((values, index) => figures[index]?.push(median(values)))
  }
  return figures.map(median)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function render(table: readonly Row[]): string {
  const lines = table.map(
    ({ what, oakum, native, effect, unit, target }) =>
      `| ${what} | ${format(oakum, unit)} | ${format(native, unit)} | ${format(effect, unit)} | ${target?.text ?? ''} |`,
  )
  return [
    '# What a scope costs',
    '',
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores; medians of ${ROUNDS} rounds.`,
    'Native is AsyncDisposableStack; for tasks an AbortController and a promise each, kept by hand.',
    '',
    '| | Oakum | native | Effect | target |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}

function format(value: number | undefined, unit: string): string {
  return value === undefined ? '–' : `${Math.round(value).toLocaleString('en')} ${unit}`
}

async function save(text: string): Promise<void> {
  const directory = new URL('results/', import.meta.url)
  await mkdir(directory, { recursive: true })
  await writeFile(new URL('scope.md', directory), text)
}

async function importEffect(): Promise<EffectModule> {
  const peers = createRequire(new URL('peers/package.json', import.meta.url))
  let path: string
  try {
    path = peers.resolve('effect')
  } catch (cause) {
    throw new Error('Effect is not installed: npm ci --prefix bench/peers', { cause })
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module that is not installed with the workspaces
  return (await import(pathToFileURL(path).href)) as EffectModule
}
