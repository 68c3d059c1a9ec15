/**
 * One order of events in the life of a loop, drawn from a seed: a model, tools, an approval and a source of tools that stop at gates, fail,
 * and hear of an abort at once, late or never; a consumer that takes its time; and one strike in the middle of it.
 */
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { AgentLoop, type Run, type RunResult } from '../../../src/agent/index.ts'
import { Scope, type CloseReport } from '../../../src/scope/index.ts'
import { SeededScheduler } from '../seeded-scheduler.ts'
import { Consumer } from './consumer.ts'
import { expectConversation, faultsOf, isSuccess } from './conversation.ts'
import { GatedParts } from './gated-parts.ts'
import { track, type Tracked } from './tracked.ts'

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
  readonly #parts: GatedParts
  readonly #parent = new Scope('parent')
  readonly #controller = new AbortController()
  readonly #loop: AgentLoop
  readonly #active: number
  /** What was told, to the consumer and to callbacks, after the strike. */
  readonly #late: string[] = []
  /** From the strike to the end of the run that it struck nothing may be told. */
  #struck = false

  constructor(seed: number) {
    this.scheduler = new SeededScheduler(seed)
    const parts = new GatedParts(this.scheduler)
    this.#parts = parts
    this.#active = AgentLoop.counts.active
    parts.gateBackOff()
    const told = (what: string): void => {
      if (this.#struck) this.#late.push(what)
    }
    this.#loop = new AgentLoop({
      model: parts.model,
      tools: [parts.tool('slow', true), parts.tool('alone', false), parts.source],
      approve: (_call, { signal }) => parts.approve(signal),
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
    const succeeded = new Set(this.#parts.succeeded)
    if (consumer !== undefined) consumer.struck = !wasOver

    const struck = track(this.#strike(strike, run, consumer))
    const atEnd = run.done.then(() => {
      this.#struck = false
      return this.#parts.requests.length
    })
    // One that is begun at once has to wait for the end of the one before.
    const asked = this.#parts.requests.length
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
      expect(this.#parts.requests.at(-1)?.items.at(-1)).toEqual({ type: 'message', role: 'user', text: 'next' })
    }
    expect(this.#late).toEqual([])
    expectConversation(this.#parts.requests)
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
      if (scheduler.chance(0.02)) this.#parts.lose?.()
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
    this.#parts.calm = true
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
}

interface Begun {
  readonly run: Run
  readonly consumer: Consumer | undefined
  readonly reading: Promise<void>
  readonly over: Tracked<RunResult>
}

function isFinal(strike: Strike): boolean {
  return strike.includes('terminate') || strike === 'close of the parent scope'
}
