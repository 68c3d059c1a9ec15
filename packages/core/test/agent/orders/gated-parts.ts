/**
 * What a loop is made of, with a gate at each place where it may wait: a model, tools, an approval, a source of tools and the back-off. They
 * fail at times, and hear of an abort at once, late or never.
 */
import { vi } from 'vitest'
import type {
  Approval,
  Item,
  Model,
  ModelEvent,
  ModelRequest,
  Tool,
  ToolContext,
  ToolSource,
} from '../../../src/agent/index.ts'
import { OakumError } from '../../../src/errors/index.ts'
import type { SeededScheduler } from '../seeded-scheduler.ts'

/** What the back-off is asked to take; no other timer takes as long. */
const BACK_OFF = 4_321

export class GatedParts {
  readonly scheduler: SeededScheduler
  /** What the model was asked. */
  readonly requests: ModelRequest[] = []
  /** Calls whose tool has returned something. */
  readonly succeeded = new Set<string>()
  /** From now on all goes well. */
  calm = false
  /** The source is lost, or has other tools. */
  lose: (() => void) | undefined
  #callIds = 0

  constructor(scheduler: SeededScheduler) {
    this.scheduler = scheduler
  }

  /** The loop's waits before it asks again become gates; all other timers are left alone. */
  gateBackOff(): void {
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

  readonly model: Model = (request, { signal }) => {
    this.requests.push(structuredClone(request))
    return this.calm ? this.#says('fine') : this.#stream(signal, this.requests.length)
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

  async approve(signal: AbortSignal): Promise<Approval> {
    const { scheduler } = this
    if (this.calm || scheduler.chance(0.3)) return 'allow'
    await scheduler.gate('approve', signal)
    if (scheduler.chance(0.1)) throw new Error('Nobody is there.')
    return scheduler.pick(['allow', 'allow', { deny: 'no' }, { edit: {} }])
  }

  tool(name: string, parallel: boolean): Tool {
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
        this.succeeded.add(context.callId)
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

  readonly source: ToolSource = {
    name: 'source',
    open: async (scope, { signal, onLost, onChanged }) => {
      const { scheduler } = this
      if (scheduler.chance(0.5)) scope.defer(() => scheduler.gate('source closes'))
      if (!this.calm) {
        await scheduler.gate('open', signal)
        if (scheduler.chance(0.1)) throw new Error('The source cannot be opened.')
        if (scheduler.chance(0.3)) await scheduler.gate('open', signal)
      }
      const tools = [this.tool('remote', true)]
      this.lose = () => (scheduler.chance(0.5) ? onLost(new Error('The source is lost.')) : onChanged(tools))
      return tools
    },
  }
}
