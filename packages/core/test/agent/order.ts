/**
 * One order of events in the life of a loop, drawn from a seed: a model, tools, an approval and a source of tools that stop at gates, fail,
 * and hear of an abort at once, late or never; a consumer that takes its time; and one strike in the middle of it.
 */
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import {
  AgentLoop,
  type Approval,
  type Item,
  type Model,
  type ModelEvent,
  type ModelRequest,
  type Run,
  type RunEvent,
  type RunResult,
  type Tool,
  type ToolContext,
  type ToolResultItem,
  type ToolSource,
} from '../../src/agent/index.ts'
import { OakumError } from '../../src/errors/index.ts'
import { Scope, type CloseReport } from '../../src/scope/index.ts'
import { SeededScheduler } from './seeded-scheduler.ts'

/** Where a run may wait, and be struck. */
export const POINTS = [
  'create',
  'chunk',
  'tool',
  'check',
  'back-off',
  'approve',
  'open',
  'stream end',
  'consumer',
] as const

export const STRIKES = [
  'cancel',
  'cancel with no time',
  'cancel twice',
  'terminate',
  'cancel, then terminate',
  'abort of the parent signal',
  'break',
  'close of the parent scope',
] as const

export type Strike = (typeof STRIKES)[number]

/** What an order came to. */
export interface OrderReport {
  readonly strike: Strike
  /** Where somebody waited when it struck. */
  readonly points: readonly string[]
  readonly status: RunResult['status']
  readonly trace: readonly string[]
}

/** What a model may say in one message. */
const SAID = /^(?:One )?(?:two )?(?:three )?$/

/** What the back-off is asked to take; no other timer takes as long. */
const BACK_OFF = 4_321

/** Gates that are opened in one run before the strike comes in any case. */
const MOST_STEPS = 80

/** Runs in which the point of the strike may come. */
const MOST_RUNS = 3

/** Turns of the event loop without anything to open after which something hangs. */
const PATIENCE = 20_000

export async function runOrder(seed: number, strike: Strike, point: string): Promise<OrderReport> {
  const order = new Order(seed)
  try {
    return await order.run(strike, point)
  } catch (error) {
    const trace = order.scheduler.trace.join(' ')
    throw new Error(`Seed ${seed}, ${strike} at ${point}: ${String(error)}\n${trace}`, { cause: error })
  } finally {
    vi.restoreAllMocks()
  }
}

class Order {
  readonly scheduler: SeededScheduler
  readonly #parent = new Scope('parent')
  readonly #controller = new AbortController()
  readonly #loop: AgentLoop
  readonly #requests: ModelRequest[] = []
  readonly #active: number
  /** What was told, to the consumer and to callbacks, after the strike. */
  readonly #late: string[] = []
  /** From the strike to the end of the run that it struck nothing may be told. */
  #struck = false
  /** The next run goes well. */
  #calm = false
  #callIds = 0
  /** Calls whose tool has returned something. */
  readonly #succeeded = new Set<string>()
  #lose: (() => void) | undefined

  constructor(seed: number) {
    this.scheduler = new SeededScheduler(seed)
    this.#active = AgentLoop.counts.active
    this.#gateBackOff()
    const told = (what: string): void => {
      if (this.#struck) this.#late.push(what)
    }
    this.#loop = new AgentLoop({
      model: this.#model,
      tools: [this.#tool('slow', true), this.#tool('alone', false), this.#source],
      approve: (_call, { signal }) => this.#approve(signal),
      scope: this.#parent,
      limits: { turns: 4, parallelCalls: 2 },
      retry: { retries: 3 },
      onItem: ({ type }) => told(`onItem ${type}`),
      onResponseId: () => told('onResponseId'),
      onLoading: loading => {
        if (loading) told('onLoading')
      },
    })
  }

  async run(strike: Strike, point: string): Promise<OrderReport> {
    const { scheduler } = this
    let begun = this.#begin(strike)
    for (let runs = 1; !(await this.#reaches(point, begun.over)) && runs < MOST_RUNS; runs++) {
      await this.#settle(begun)
      begun = this.#begin(strike)
    }
    const { run, consumer, over } = begun
    const wasOver = over.settled
    const points = wasOver ? [] : scheduler.points()
    scheduler.note(`${strike} at ${points.join(', ')}`)
    this.#struck = !wasOver
    const succeeded = new Set(this.#succeeded)
    if (consumer !== undefined) consumer.struck = !wasOver

    const struck = track(this.#strike(strike, run, consumer))
    const atEnd = run.done.then(() => {
      this.#struck = false
      return this.#requests.length
    })
    // One that is begun at once has to wait for the end of the one before.
    const asked = this.#requests.length
    const atOnce = !wasOver && strike.startsWith('cancel') && !isFinal(strike) && scheduler.chance(0.3)
    const early = atOnce ? this.#next() : undefined
    const hasNoTime = strike === 'cancel with no time'
    await turn()
    expect(scheduler.points()).not.toContain('back-off')
    await this.#until(() => struck.settled, !hasNoTime)
    const report = await struck.promise
    scheduler.note('settled')
    if (!hasNoTime) {
      expect(report.refused).toEqual([])
      // A source that was lost belongs to the loop, and may take its time.
      const others = isFinal(strike) ? ['consumer'] : ['consumer', 'source closes']
      if (early === undefined) this.#expectNothing(scheduler.points().filter(each => !others.includes(each)))
    }
    const { status, refused, items } = await run.done
    if (!wasOver) expect(status).toBe('cancelled')
    if (!wasOver) expect(refused).toEqual(report.refused)
    expect(await atEnd).toBe(asked)
    // What a tool returned after the strike counts for nothing.
    expect(items.filter(item => isSuccess(item) && !succeeded.has(item.callId))).toEqual([])

    const next = isFinal(strike) ? undefined : (early ?? this.#next())
    // What did not listen comes to its end now, when it is nobody's any more.
    await this.#until(() => next?.settled !== false && scheduler.points().length === 0)
    await this.#settle(begun)
    if (next === undefined) {
      expect(() => this.#loop.run('again')).toThrow(expect.objectContaining({ code: 'LOOP_TERMINATED' }))
    } else {
      expect(await next.promise).toMatchObject({ status: 'completed', text: 'fine' })
      expect(this.#requests.at(-1)?.items.at(-1)).toEqual({ type: 'message', role: 'user', text: 'next' })
    }
    expect(this.#late).toEqual([])
    expectConversation(this.#requests)
    await this.#finish()
    return { strike, points, status, trace: scheduler.trace }
  }

  #begin(strike: Strike): Begun {
    const { scheduler } = this
    const run = this.#loop.run('go', { signal: this.#controller.signal })
    // Otherwise `done` runs it.
    const consumer = strike === 'break' || scheduler.chance(0.8) ? new Consumer(run, scheduler) : undefined
    const reading = consumer?.read() ?? Promise.resolve()
    return { run, consumer, reading, over: track(run.done) }
  }

  /** Opens gates until somebody waits at the point; false when the run is over before. */
  async #reaches(point: string, over: Tracked<unknown>): Promise<boolean> {
    const { scheduler } = this
    await turn()
    let skip = scheduler.below(3)
    for (let steps = 0; steps < MOST_STEPS && !over.settled; steps++) {
      if (scheduler.points().includes(point) && skip-- === 0) return true
      await scheduler.step()
      if (scheduler.chance(0.02)) this.#lose?.()
    }
    return !over.settled
  }

  /** The run is over: it left nothing, and told what it did. */
  async #settle({ run, consumer, reading }: Begun): Promise<void> {
    const over = track(reading)
    await this.#until(() => over.settled && this.scheduler.points().length === 0)
    await reading
    const { items } = await run.done
    expect(faultsOf(items)).toEqual([])
    consumer?.expectTold(items)
    this.#expectNothing([])
  }

  /** Nothing is held, and nobody waits who belongs to the run. */
  #expectNothing(points: readonly string[]): void {
    expect(points).toEqual([])
    const { generation: _generation, ...held } = this.#loop.resources()
    expect(held).toEqual({ streams: 0, timers: 0, listeners: 0, processes: 0, pendingCalls: 0 })
    expect(getEventListeners(this.#controller.signal, 'abort')).toEqual([])
  }

  async #strike(strike: Strike, run: Run, consumer: Consumer | undefined): Promise<CloseReport> {
    switch (strike) {
      case 'cancel':
        return this.#loop.cancel('struck')
      case 'cancel with no time':
        return this.#loop.cancel('struck', { deadline: 1 })
      case 'cancel twice': {
        const [first] = await Promise.all([this.#loop.cancel('struck'), this.#loop.cancel('again')])
        return first
      }
      case 'terminate':
        return this.#loop.terminate('struck')
      case 'cancel, then terminate': {
        const [, report] = await Promise.all([this.#loop.cancel('struck'), this.#loop.terminate('for good')])
        return report
      }
      case 'abort of the parent signal':
        this.#controller.abort('struck')
        break
      case 'break':
        await consumer?.stop()
        break
      case 'close of the parent scope':
        return this.#parent.close('struck')
    }
    const { refused } = await run.done
    return { refused, released: 0, milliseconds: 0 }
  }

  #next(): Tracked<RunResult> {
    this.#calm = true
    return track(this.#loop.run('next').done)
  }

  /** Opens gates until it is so. */
  async #until(isSo: () => boolean, opening = true): Promise<void> {
    for (let idle = 0; !isSo(); idle++) {
      if (idle > PATIENCE) throw new Error('This hangs.')
      if (!opening) await turn()
      else if (await this.scheduler.step()) idle = 0
    }
  }

  async #finish(): Promise<void> {
    const ended = track(this.#loop.terminate())
    await this.#until(() => ended.settled)
    expect((await ended.promise).refused).toEqual([])
    expect(this.#parent.snapshot().resources).toEqual([])
    expect(AgentLoop.counts.active).toBe(this.#active)
    await this.#parent.close()
  }

  /** The loop's waits before it asks again become gates; all other timers are left alone. */
  #gateBackOff(): void {
    const { setTimeout, clearTimeout } = globalThis
    const gates = new Map<unknown, { point: string; open: () => void }>()
    const start = (fn: () => void, delay?: number, ...values: unknown[]): unknown => {
      if (delay !== BACK_OFF) return Reflect.apply(setTimeout, globalThis, [fn, delay, ...values])
      const gate = { point: 'back-off', open: fn }
      gates.set(gate, gate)
      this.scheduler.add(gate)
      return gate
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node's own has more properties, which nobody here uses
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(start as typeof setTimeout)
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation(timer => {
      const gate = gates.get(timer)
      if (gate === undefined) clearTimeout(timer)
      else this.scheduler.remove(gate)
    })
  }

  readonly #model: Model = (request, { signal }) => {
    this.#requests.push(structuredClone(request))
    return this.#calm ? this.#says('fine') : this.#stream(signal, this.#requests.length)
  }

  async *#says(text: string): AsyncGenerator<ModelEvent> {
    await Promise.resolve()
    yield { type: 'item', item: { type: 'message', role: 'assistant', text } }
    yield { type: 'finish', reason: 'stop' }
  }

  async *#stream(signal: AbortSignal, request: number): AsyncGenerator<ModelEvent> {
    const { scheduler } = this
    try {
      await scheduler.gate('create', signal)
      this.#mayFail()
      if (scheduler.chance(0.5)) yield { type: 'response', id: `response ${request}` }
      yield* this.#pieces('reasoning', signal)
      const text = yield* this.#pieces('text', signal)
      if (text !== '') yield { type: 'item', item: { type: 'message', role: 'assistant', text } }
      const calls = scheduler.pick([0, 1, 1, 2, 3])
      for (let call = calls; call > 0; call--) {
        if (scheduler.chance(0.5)) await scheduler.gate('chunk', signal)
        yield { type: 'item', item: this.#call() }
      }
      this.#mayFail()
      if (scheduler.chance(0.05)) return
      await scheduler.gate('chunk', signal)
      yield { type: 'finish', reason: calls > 0 ? 'tool_calls' : 'stop' }
    } finally {
      // To close a connection takes time.
      if (scheduler.chance(0.3)) await scheduler.gate('stream end')
    }
  }

  /** Says some words of always the same, so that an answer that is made again may agree with the first, or not. */
  async *#pieces(type: 'text' | 'reasoning', signal: AbortSignal): AsyncGenerator<ModelEvent, string> {
    const { scheduler } = this
    let said = ''
    for (const text of ['One ', 'two ', 'three ']) {
      if (scheduler.chance(0.3)) continue
      await scheduler.gate('chunk', signal)
      this.#mayFail()
      said += text
      yield { type, text }
    }
    return said
  }

  #mayFail(): void {
    if (this.scheduler.chance(0.01)) throw new Error('This will not do.')
    if (this.scheduler.chance(0.08)) {
      const facts = { retryable: true, retryAfter: BACK_OFF }
      throw new OakumError('MODEL_FAILED', 'Try again.', { facts })
    }
  }

  #call(): Item & { type: 'tool_call' } {
    const { scheduler } = this
    const name = scheduler.pick(['slow', 'slow', 'alone', 'remote', 'missing'])
    const callId = scheduler.chance(0.2) ? scheduler.pick(['', 'same']) : `c${++this.#callIds}`
    return { type: 'tool_call', callId, name, arguments: scheduler.chance(0.1) ? '{"half": ' : '{}' }
  }

  async #approve(signal: AbortSignal): Promise<Approval> {
    const { scheduler } = this
    if (this.#calm || scheduler.chance(0.3)) return 'allow'
    await scheduler.gate('approve', signal)
    if (scheduler.chance(0.1)) throw new Error('Nobody is there.')
    return scheduler.pick(['allow', 'allow', { deny: 'no' }, { edit: {} }])
  }

  #tool(name: string, parallel: boolean): Tool {
    const { scheduler } = this
    return {
      name,
      description: '',
      parameters: { type: 'object' },
      parallel,
      check: async value => {
        if (scheduler.chance(0.2)) await scheduler.gate('check')
        return { ok: true, value }
      },
      execute: async (_args, context) => {
        await this.#use(context)
        await scheduler.gate('tool', context.signal)
        if (scheduler.chance(0.2)) throw new Error('The tool failed.')
        this.#succeeded.add(context.callId)
        return 'done'
      },
    }
  }

  /** What tools do with their scope. */
  async #use({ scope, output }: ToolContext): Promise<void> {
    const { scheduler } = this
    if (scheduler.chance(0.3)) output('working')
    if (scheduler.chance(0.3)) scope.timeout(() => {}, 600_000)
    if (scheduler.chance(0.3)) scope.on(new EventTarget(), 'change', () => {})
    if (scheduler.chance(0.2)) scope.defer(() => scheduler.gate('release'))
    if (scheduler.chance(0.2)) void scope.task('beside', signal => scheduler.gate('beside', signal)).catch(() => {})
    if (scheduler.chance(0.2)) await scheduler.gate('tool', scope.signal)
  }

  readonly #source: ToolSource = {
    name: 'source',
    open: async (scope, { signal, onLost, onChanged }) => {
      const { scheduler } = this
      if (scheduler.chance(0.5)) scope.defer(() => scheduler.gate('source closes'))
      if (!this.#calm) {
        await scheduler.gate('open', signal)
        if (scheduler.chance(0.1)) throw new Error('The source cannot be opened.')
        if (scheduler.chance(0.3)) await scheduler.gate('open', signal)
      }
      const tools = [this.#tool('remote', true)]
      this.#lose = () => (scheduler.chance(0.5) ? onLost(new Error('The source is lost.')) : onChanged(tools))
      return tools
    },
  }
}

/** Reads a run, with a pause behind some of its events. */
class Consumer {
  /** Set when nothing may come any more. */
  struck = false
  readonly #run: Run
  readonly #iterator: AsyncIterableIterator<RunEvent, undefined>
  readonly #scheduler: SeededScheduler
  readonly #events: RunEvent[] = []
  readonly #late: RunEvent[] = []
  #stopped = false

  constructor(run: Run, scheduler: SeededScheduler) {
    this.#run = run
    this.#iterator = run[Symbol.asyncIterator]()
    this.#scheduler = scheduler
  }

  /** Settles when nothing more comes. What a run fails with its result tells as well. */
  async read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#iterator.next()
        if (done === true) return
        this.#events.push(value)
        if (this.struck) this.#late.push(value)
        if (this.#scheduler.chance(0.5)) await this.#scheduler.gate('consumer')
        if (this.#stopped) return
      }
    } catch (error) {
      expect((await this.#run.done).error).toBe(error)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#iterator.return?.()
  }

  /** What was told agrees with what the run says that it did; each once, results in the order of their calls, nothing said twice. */
  expectTold(items: readonly Item[]): void {
    expect(this.#late).toEqual([])
    const told = this.#events.flatMap(event => (event.type === 'item' ? [event.item] : []))
    const [calls, results, known] = [idsOf(told, 'tool_call'), idsOf(told, 'tool_result'), idsOf(items, 'tool_call')]
    expect(calls).toEqual(known.slice(0, calls.length))
    expect(results).toEqual(calls.slice(0, results.length))
    let said = ''
    for (const event of this.#events) {
      if (event.type === 'text') said += event.text
      if (event.type !== 'item' || event.item.type !== 'message') continue
      if (!SAID.test(event.item.text)) expect(event.item.text).toMatch(SAID)
      if (said !== '' && event.item.text !== said) expect(event.item.text).toBe(said)
      said = ''
    }
    if (said === '') return
    const texts = items.flatMap(item => (item.type === 'message' ? [item.text] : []))
    expect(texts.some(text => text.startsWith(said))).toBe(true)
  }
}

interface Begun {
  readonly run: Run
  readonly consumer: Consumer | undefined
  readonly reading: Promise<void>
  readonly over: Tracked<RunResult>
}

interface Tracked<T> {
  readonly promise: Promise<T>
  readonly settled: boolean
}

/** A promise of which one can see whether it is settled. Its rejection is for whoever awaits it later. */
function track<T>(promise: Promise<T>): Tracked<T> {
  const tracked = { promise, settled: false }
  const settle = (): void => {
    tracked.settled = true
  }
  promise.then(settle, settle)
  return tracked
}

/** What is wrong with a conversation: each call has one result before a user speaks, each result its call, each id is used once. */
function faultsOf(items: readonly Item[]): string[] {
  const open = new Set<string>()
  const known = new Set<string>([''])
  const faults: string[] = []
  for (const item of items) {
    if (item.type === 'tool_call') {
      if (known.has(item.callId)) faults.push(`The id of a call is there twice, or empty: ${item.callId}`)
      known.add(item.callId)
      open.add(item.callId)
    } else if (item.type === 'tool_result') {
      if (!open.delete(item.callId)) faults.push(`A result without its call: ${item.callId}`)
    } else if (item.type === 'message' && item.role === 'user' && open.size > 0) {
      faults.push(`Calls without a result: ${[...open].join(', ')}`)
    }
  }
  return open.size === 0 ? faults : [...faults, `Calls without a result at the end: ${[...open].join(', ')}`]
}

/** What each request sends is whole, and begins with what the one before sent. */
function expectConversation(requests: readonly ModelRequest[]): void {
  for (const [index, { items }] of requests.entries()) {
    expect(faultsOf(items)).toEqual([])
    const before = requests[index - 1]?.items ?? []
    const isSame = items
      .slice(0, before.length)
      .every((item, at) => JSON.stringify(item) === JSON.stringify(before[at]))
    if (!isSame) expect(items.slice(0, before.length)).toEqual(before)
  }
}

function isSuccess(item: Item): item is ToolResultItem {
  return item.type === 'tool_result' && item.status === 'ok'
}

function idsOf(items: readonly Item[], type: 'tool_call' | 'tool_result'): string[] {
  return items.flatMap(item => (item.type === type ? [item.callId] : []))
}

function isFinal(strike: Strike): boolean {
  return strike.includes('terminate') || strike === 'close of the parent scope'
}
