import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { History, type HistoryLimits } from '../../src/agent/history.ts'
import { itemSize, UNKNOWN_RAW_BYTES } from '../../src/agent/item-size.ts'
import type { Item, MessageItem, ToolCallItem, ToolResultItem } from '../../src/agent/items.ts'

const BOUNDLESS: HistoryLimits = { maxItems: Infinity, maxBytes: Infinity }

const message = (role: MessageItem['role'], text: string): MessageItem => ({ type: 'message', role, text })
const user = (text: string): MessageItem => message('user', text)
const call = (callId: string): ToolCallItem => ({ type: 'tool_call', callId, name: 'look', arguments: '{}' })
const result = (callId: string): ToolResultItem => ({
  type: 'tool_result',
  callId,
  name: 'look',
  status: 'ok',
  output: 'seen',
})

function historyOf(limits: Partial<HistoryLimits>, ...items: Item[]): History {
  const history = new History({ ...BOUNDLESS, ...limits })
  for (const item of items) history.add(item)
  return history
}

function addTurn(history: History, turn: number): void {
  history.add(call(`c${turn}`), `r${turn}`)
  history.add(result(`c${turn}`))
}

describe('a history that grows too long', () => {
  it('forgets whole exchanges, oldest first, and begins with a message of the user or the system', () => {
    const [second, third] = [message('system', 'be short'), user('3')]
    const history = historyOf(
      { maxItems: 3 },
      user('1'),
      message('assistant', 'a'),
      second,
      call('x'),
      result('x'),
      third,
    )
    expect(history.trim()).toMatchObject({ items: 5 })
    expect(history.items).toEqual([third])
    expect(historyOf({ maxItems: 4 }, user('1'), message('assistant', 'a'), second, third).trim()).toBeUndefined()
  })

  it('keeps what came with the newest message of the user together with it', () => {
    const history = historyOf({ maxItems: 1 }, user('1'), call('x'), call('y'), result('x'), result('y'))
    expect(history.trim()).toBeUndefined()
    expect(history.length).toBe(5)
  })

  it('forgets the oldest turns of a run that never ends, and keeps its task', () => {
    const task = user('go on for ever')
    const history = historyOf({ maxItems: 7 }, task)
    for (let turn = 0; turn < 1_000; turn++) {
      addTurn(history, turn)
      history.trim()
      expect(history.length).toBeLessThanOrEqual(7)
    }
    expect(history.items).toEqual([task, ...['c998', 'c999'].flatMap(id => [call(id), result(id)])])
    expect(history.bytes).toBe(history.items.reduce((sum, item) => sum + itemSize(item), 0))
  })

  it('keeps what the system said last where no user has said anything', () => {
    const history = historyOf({ maxItems: 7 })
    for (let hour = 0; hour < 100; hour++) {
      history.add(message('system', `hour ${hour}`))
      addTurn(history, hour)
      history.trim()
      expect(history.length).toBeLessThanOrEqual(7)
    }
    expect(history.items.at(-3)).toEqual(message('system', 'hour 99'))
  })

  it('forgets what the system said behind the message of a user, also when nothing came of it', () => {
    const hours = ['1', '2', '3', '4'].map(hour => message('system', hour))
    const history = historyOf({ maxItems: 3 }, user('go on'), ...hours)
    history.trim()
    expect(history.items).toEqual([user('go on'), message('system', '4')])
  })

  it('forgets more than it has to, so that it begins alike for a while', () => {
    const history = historyOf({ maxItems: 100 }, user('go on for ever'))
    let trims = 0
    for (let turn = 0; turn < 1_000; turn++) {
      addTurn(history, turn)
      if (history.trim() !== undefined) trims++
    }
    expect(trims).toBeLessThan(100)
    expect(history.length).toBeGreaterThan(70)
  })

  it('keeps to its bytes as well, and counts them in UTF-8', () => {
    const history = historyOf({ maxBytes: 8 }, user('€€'), user('öö'), user('z'))
    expect(history.bytes).toBe(11)
    expect(history.trim()).toEqual({ items: 1, bytes: 6 })
    expect(history.bytes).toBe(5)
  })

  it('forgets nothing behind a call that waits for its result, and makes up for it then', () => {
    const history = historyOf({ maxItems: 2 }, user('1'), call('x'), user('2'), user('3'))
    expect(history.trim()).toBeUndefined()
    expect(history.unanswered()).toEqual([call('x')])
    history.add(result('x'))
    history.add(user('4'))
    expect(history.trim()).toMatchObject({ items: 5 })
    expect(history.items).toEqual([user('4')])
  })
})

describe('what a history gives', () => {
  it('stays as it was, and is the same array until something changes', () => {
    const history = historyOf({ maxItems: 1 }, user('1'))
    const before = history.items
    expect(history.items).toBe(before)
    history.add(user('2'))
    history.trim()
    expect(before).toEqual([user('1')])
    expect(history.items).toEqual([user('2')])
  })

  it('names calls without a result, in the order of the calls', () => {
    const history = historyOf({}, call('b'), call('a'), call('c'), result('a'))
    expect(history.unanswered()).toEqual([call('b'), call('c')])
  })

  it('has what a service that stored a response does not know', () => {
    const history = historyOf({ maxItems: 3 }, user('1'))
    addTurn(history, 1)
    expect(history.since('r1')).toEqual([result('c1')])
    expect(history.since('r2')).toBeUndefined()
    history.add(message('assistant', 'done'), 'r2')
    expect(history.since('r2')).toEqual([])
    history.add(user('2'))
    history.trim()
    expect(history.since('r2')).toEqual([user('2')])
    expect(history.since('r1')).toBeUndefined()
  })
})

it('counts a raw value once, by its JSON, and one that has none by a fixed size', () => {
  const circular: unknown[] = []
  circular.push(circular)
  expect(sizeOf({ é: 1 })).toBe(5 + 8)
  expect(sizeOf(undefined)).toBe(5)
  expect(sizeOf(circular)).toBe(5 + UNKNOWN_RAW_BYTES)
  expect(sizeOf(1n)).toBe(5 + UNKNOWN_RAW_BYTES)
})

function sizeOf(value: unknown): number {
  return itemSize({ type: 'reasoning', id: 'abc', text: 'hm', raw: { port: 'x', value } })
}

/** What was ever added, and whether it is still there: the same rules, without any speed. */
class HistoryModel {
  readonly #limits: HistoryLimits
  readonly log: { item: Item; responseId: string | undefined; kept: boolean }[] = []

  constructor(limits: HistoryLimits) {
    this.#limits = limits
  }

  get items(): Item[] {
    return this.log.filter(({ kept }) => kept).map(({ item }) => item)
  }

  get bytes(): number {
    return this.items.reduce((sum, item) => sum + itemSize(item), 0)
  }

  get unanswered(): ToolCallItem[] {
    return openCalls(this.log.map(({ item }) => item))
  }

  since(responseId: string): Item[] | undefined {
    const last = this.log.findLastIndex(entry => entry.responseId === responseId)
    const behind = this.log.slice(last + 1)
    return last < 0 || behind.some(({ kept }) => !kept) ? undefined : behind.map(({ item }) => item)
  }

  trim(): void {
    if (!this.#isAbove(1)) return
    while (this.#isAbove(0.75)) {
      const { items } = this
      const task = taskOf(items)
      const from = task > 0 ? 0 : 1
      const to = items.findIndex((item, at) => {
        if (at <= from || !this.#isWholeUpTo(item)) return false
        if (task > 0) return at <= task && isTold(item)
        const previous = items[at - 1]
        return beginsTurn(item, previous)
      })
      if (task < 0 || to < 0) return
      const gone = new Set(items.slice(from, to))
      for (const entry of this.log) if (gone.has(entry.item)) entry.kept = false
    }
  }

  #isAbove(share: number): boolean {
    return this.items.length > share * this.#limits.maxItems || this.bytes > share * this.#limits.maxBytes
  }

  #isWholeUpTo(item: Item): boolean {
    const items = this.log.map(entry => entry.item)
    return openCalls(items.slice(0, items.indexOf(item))).length === 0
  }
}

function openCalls(items: Item[]): ToolCallItem[] {
  const open = new Map<string, ToolCallItem>()
  for (const item of items) {
    if (item.type === 'tool_call') open.set(item.callId, item)
    if (item.type === 'tool_result') open.delete(item.callId)
  }
  return [...open.values()]
}

/** Where the newest message of the user is; or of the system, where there is none. */
function taskOf(items: Item[]): number {
  const ofUser = items.findLastIndex(item => item.type === 'message' && item.role === 'user')
  return ofUser < 0 ? items.findLastIndex(isTold) : ofUser
}

function beginsTurn(item: Item, previous: Item | undefined): boolean {
  return item.type !== 'tool_result' && (previous?.type === 'tool_result' || isTold(previous))
}

function isTold(item: Item | undefined): boolean {
  return item?.type === 'message' && item.role !== 'assistant'
}

const ids = fc.constantFrom('x', 'y')
const limitsOfAny = fc.record({ maxItems: fc.integer({ min: 1, max: 8 }), maxBytes: fc.integer({ min: 5, max: 120 }) })
/** What a loop does. */
const tasks = fc.constantFrom([user('do it')], [message('system', 's')])
const turns = fc.oneof(
  fc.constant([message('assistant', 'well')]),
  ids.map(id => [call(id), result(id)]),
  ids.map(id => [message('assistant', 'I look'), call(id), result(id)]),
  fc.constant([call('x'), call('y'), result('y'), result('x')]),
)
/** With what no loop adds among it: calls without results, results without calls. */
const additions = fc.oneof(
  { arbitrary: tasks, weight: 2 },
  { arbitrary: turns, weight: 4 },
  ids.map(id => [call(id)]),
  ids.map(id => [result(id)]),
)

it('does what a simple model does, whatever is added', () => {
  fc.assert(
    fc.property(
      limitsOfAny,
      fc.array(fc.record({ items: additions, response: fc.constantFrom(1, 2, 3), trims: fc.boolean() }), {
        maxLength: 25,
      }),
      (limits, steps) => {
        const history = new History(limits)
        const model = new HistoryModel(limits)
        for (const { items, response, trims } of steps) {
          for (const each of items) {
            const item = { ...each } // one object each: the model tells items apart by it
            const made = item.type !== 'tool_result' && !isTold(item)
            const responseId = made ? `r${response}` : undefined
            history.add(item, responseId)
            model.log.push({ item, responseId, kept: true })
          }
          expect(history.items).toEqual(model.items)
          const before = { items: model.items.length, bytes: model.bytes }
          if (trims) {
            model.trim()
            const gone = { items: before.items - model.items.length, bytes: before.bytes - model.bytes }
            expect(history.trim()).toEqual(gone.items === 0 ? undefined : gone)
          }
          expect(history.items).toEqual(model.items)
          expect([history.length, history.bytes]).toEqual([model.items.length, model.bytes])
          expect(history.unanswered()).toEqual(model.unanswered)
          for (const id of ['r1', 'r2', 'r3']) expect(history.since(id)).toEqual(model.since(id))
        }
      },
    ),
    { numRuns: 300 },
  )
})

it('is within its limits, or has nothing but its task and the turn that came last', () => {
  fc.assert(
    fc.property(limitsOfAny, tasks, fc.array(fc.oneof(tasks, turns), { maxLength: 25 }), (limits, first, others) => {
      const history = new History(limits)
      const all: Item[] = []
      for (const items of [first, ...others]) {
        for (const each of items) {
          const item = { ...each } // one object each, as above
          history.add(item)
          all.push(item)
        }
        history.trim()
        const task = taskOf(all)
        const last = Math.max(
          task + 1,
          all.findLastIndex((item, at) => beginsTurn(item, all[at - 1])),
        )
        const least = [...all.slice(task, task + 1), ...all.slice(last)]
        const { length, bytes } = history
        if (length > limits.maxItems || bytes > limits.maxBytes) expect(history.items).toEqual(least)
        for (const item of least) expect(history.items).toContain(item)
      }
    }),
    { numRuns: 300 },
  )
})
