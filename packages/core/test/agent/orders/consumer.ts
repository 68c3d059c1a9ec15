import { expect } from 'vitest'
import type { Item, Run, RunEvent } from '../../../src/agent/index.ts'
import type { SeededScheduler } from '../seeded-scheduler.ts'
import { idsOf } from './conversation.ts'

/** What a model may say in one message. */
const SAID = /^(?:One )?(?:two )?(?:three )?$/

/** Reads a run, with a pause behind some of its events. */
export class Consumer {
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
