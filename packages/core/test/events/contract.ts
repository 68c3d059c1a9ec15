/** What every event log promises: a driver's test calls this with how its log is opened. */
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { EventInput, EventLog, OakumEvent } from '../../src/events/event-log.ts'

/** Opens a log of a new, empty store. */
export type OpenEventLog = () => Promise<EventLog>

export function testEventLog(name: string, open: OpenEventLog): void {
  describe(name, () => {
    let log: EventLog

    beforeEach(async () => {
      log = await open()
      onTestFinished(() => log.close())
    })

    describe('append and read', () => testAppendAndRead(() => log))
    describe('refusal', () => testRefusal(() => log))
    describe('retain', () => testRetention(() => log))
    describe('tail', () => testTail(() => log))
    describe('close', () => testClose(() => log))
  })
}

/** Takes so many events from a tail and ends it. */
export async function take(tail: AsyncIterable<OakumEvent>, count: number): Promise<OakumEvent[]> {
  const events: OakumEvent[] = []
  if (count === 0) return events
  for await (const event of tail) if (events.push(event) === count) break
  return events
}

const numbered = (count: number, more: Partial<EventInput> = {}): EventInput[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'numbered', data: { n: index + 1 }, ...more }))

const types = (events: readonly OakumEvent[]): string[] => events.map(event => event.type)
const seqs = (events: readonly OakumEvent[]): number[] => events.map(event => event.seq)

function testAppendAndRead(current: () => EventLog): void {
  it('is empty at first', async () => {
    expect(await current().last()).toBe(0)
    expect(await current().read()).toEqual([])
    expect(await current().append([])).toBe(0)
  })

  it('gives back what was appended, in order, with rising numbers', async () => {
    const full = {
      id: 'one',
      type: 'agent.output',
      time: 5,
      workflow: 'w',
      agent: 'a',
      data: { line: 'ü\0\u{1f6a2}', n: [1] },
    }
    const before = Date.now()
    expect(await current().append([full, { type: 'bare' }])).toBe(await current().last())
    const [first, second, ...more] = await current().read()
    expect(more).toEqual([])
    expect(first).toEqual({ ...full, seq: first?.seq })
    expect(second).toEqual({
      seq: second?.seq,
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      type: 'bare',
      time: second?.time,
      data: {},
    })
    expect(second?.seq).toBeGreaterThan(first?.seq ?? 0)
    expect(second?.time).toBeGreaterThanOrEqual(before)
  })

  it('keeps what was said at the time, whatever the caller does with its object later', async () => {
    const data = { list: [1], when: new Date(0), gone: undefined }
    await current().append([{ type: 'kept', data }])
    data.list.push(2)
    const [event] = await current().read()
    expect(event?.data).toEqual({ list: [1], when: '1970-01-01T00:00:00.000Z' })
  })

  it('drops an event whose id is known, in the same batch or later', async () => {
    const last = await current().append([
      { id: 'x', type: 'first' },
      { id: 'x', type: 'again' },
    ])
    expect(await current().append([{ id: 'x', type: 'later' }])).toBe(last)
    await current().append([
      { id: 'x', type: 'later' },
      { id: 'y', type: 'second' },
    ])
    expect(types(await current().read())).toEqual(['first', 'second'])
  })

  it('filters by workflow, agent, types and time, all at once', async () => {
    await current().append([
      { type: 'a', agent: '1', workflow: 'w', time: 10 },
      { type: 'b', agent: '1', workflow: 'w', time: 30 },
      { type: 'c', agent: '1', workflow: 'v', time: 20 },
      { type: 'b', agent: '2', workflow: 'w', time: 40 },
      { type: 'd', time: 50 },
    ])
    const read = async (options: Parameters<EventLog['read']>[0]): Promise<string> =>
      (await current().read(options)).map(event => `${event.type}${event.agent ?? ''}`).join(' ')
    expect(await read({ agent: '1' })).toBe('a1 b1 c1')
    expect(await read({ workflow: 'w' })).toBe('a1 b1 b2')
    expect(await read({ types: ['b'] })).toBe('b1 b2')
    expect(await read({ types: ['d', 'a'] })).toBe('a1 d')
    expect(await read({ types: [] })).toBe('')
    expect(await read({ since: 30 })).toBe('b1 b2 d')
    expect(await read({ since: 20, agent: '1' })).toBe('b1 c1')
    expect(await read({ since: 51 })).toBe('')
    expect(await read({ agent: '1', workflow: 'w', types: ['b', 'c'], since: 20 })).toBe('b1')
    expect(await read({ agent: '1', workflow: 'w', types: ['b'] })).toBe('b1')
    expect(await read({ agent: 'none' })).toBe('')
  })

  it('reads in pages from either end', async () => {
    await current().append(numbered(10))
    const all = seqs(await current().read())
    expect(seqs(await current().read({ limit: 3 }))).toEqual(all.slice(0, 3))
    expect(seqs(await current().read({ limit: 3, after: all[2] ?? 0 }))).toEqual(all.slice(3, 6))
    expect(seqs(await current().read({ limit: 3, newest: true }))).toEqual(all.slice(-3))
    expect(seqs(await current().read({ limit: 3, newest: true, after: all[7] ?? 0 }))).toEqual(all.slice(-2))
    expect(seqs(await current().read({ after: all[9] ?? 0 }))).toEqual([])
  })

  it('reads 1,000 at once unless told otherwise', async () => {
    await current().append(numbered(1_200))
    expect(await current().read()).toHaveLength(1_000)
    expect(await current().read({ limit: 5_000 })).toHaveLength(1_200)
  })

  it('does nothing for a signal that is aborted', async () => {
    const signal = AbortSignal.abort()
    for (const call of [
      current().append([{ type: 'a' }], { signal }),
      current().read({ signal }),
      current().last({ signal }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
    }
    expect(await current().last()).toBe(0)
  })
}

function testRefusal(current: () => EventLog): void {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  it.each<[string, object]>([
    ['no type', { type: undefined }],
    ['an empty type', { type: '' }],
    ['a type of 129 characters', { type: 'x'.repeat(129) }],
    ['a type with a line break', { type: 'a\nb' }],
    ['half a character', { type: '\ud800' }],
    ['an id that is no text', { type: 'a', id: 7 }],
    ['an empty agent', { type: 'a', agent: '' }],
    ['a time that is no number', { type: 'a', time: Number.NaN }],
    ['circular data', { type: 'a', data: circular }],
    ['a bigint', { type: 'a', data: { n: 1n } }],
    ['data that is no object', { type: 'a', data: [1] }],
    ['data that JSON has no word for', { type: 'a', data: () => {} }],
  ])('refuses %s before anything of the batch is written', async (_, event) => {
    const batch: EventInput[] = [{ type: 'fine' }, Object.assign({ type: '' }, event)]
    await expect(current().append(batch)).rejects.toMatchObject({ code: 'INVALID_OPTION', facts: { index: 1 } })
    expect(await current().last()).toBe(0)
  })

  it('takes a type of 128 characters', async () => {
    await current().append([{ type: 'x'.repeat(128) }])
    expect(await current().read()).toHaveLength(1)
  })

  it.each([{ limit: 0 }, { limit: 1.5 }, { after: -1 }, { after: Number.NaN }, { since: Number.NaN }])(
    'refuses to read with %j',
    async options => {
      await expect(current().read(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    },
  )
}

function testRetention(current: () => EventLog): void {
  const left = async (): Promise<string> => types(await current().read({ limit: 5_000 })).join('')
  const now = Date.now()
  const aged = (type: string, age: number, agent = 'a'): EventInput => ({ type, agent, time: now - age })

  it('keeps the newest so many, and says how much went', async () => {
    await current().append(['a', 'b', 'c', 'd'].map(type => ({ type, data: { text: 'ü' } })))
    expect(await current().retain({ maxCount: 1 })).toEqual({
      removed: 3,
      bytes: 3 * Buffer.byteLength('{"text":"ü"}'),
    })
    expect(await left()).toBe('d')
    expect(await current().retain({ maxCount: 1 })).toEqual({ removed: 0, bytes: 0 })
  })

  it('removes what is older than its age, in whatever order it came', async () => {
    await current().append([aged('a', 100), aged('b', 1e6), aged('c', 1e7), aged('d', 10)])
    expect(await current().retain({ maxAge: 5e5 })).toMatchObject({ removed: 2 })
    expect(await left()).toBe('ad')
  })

  it('holds both limits at once', async () => {
    await current().append([aged('a', 1e7), aged('b', 100), aged('c', 1e7), aged('d', 10)])
    expect(await current().retain({ maxAge: 5e5, maxCount: 1 })).toMatchObject({ removed: 3 })
    expect(await left()).toBe('d')
  })

  it('touches only what the filter chooses', async () => {
    await current().append([
      aged('a', 1e7),
      aged('b', 1e7, 'other'),
      aged('c', 1),
      aged('d', 1e7),
      aged('e', 1, 'other'),
    ])
    expect(await current().retain({ maxAge: 5e5, agent: 'other' })).toMatchObject({ removed: 1 })
    expect(await left()).toBe('acde')
    expect(await current().retain({ maxCount: 1, agent: 'a' })).toMatchObject({ removed: 2 })
    expect(await left()).toBe('de')
    expect(await current().retain({ maxCount: 0, types: ['x', 'e'] })).toMatchObject({ removed: 1 })
    expect(await left()).toBe('d')
  })

  it('gives no number twice, and followers go on', async () => {
    await current().append(numbered(1_200))
    const highest = (await current().read({ newest: true, limit: 1 }))[0]?.seq ?? Infinity
    const following = take(current().tail(), 1)
    expect(await current().retain({ maxCount: 0 })).toMatchObject({ removed: 1_200 })
    expect(await current().read()).toEqual([])
    await current().append([{ type: 'later' }])
    expect((await following)[0]).toMatchObject({ type: 'later' })
    expect((await current().read())[0]?.seq).toBeGreaterThan(highest)
  })

  it.each([{}, { maxAge: -1 }, { maxAge: Number.NaN }, { maxCount: 1.5 }, { maxCount: -1 }])(
    'refuses %j, and removes nothing',
    async options => {
      await current().append([{ type: 'a', time: 0 }])
      await expect(current().retain(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      await expect(current().retain({ maxCount: 0, signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ABORTED',
      })
      expect(await left()).toBe('a')
    },
  )
}

const mixed = (n: number): EventInput[] => [
  { type: 'noise', agent: 'a' },
  { type: 'wanted', agent: 'a', data: { n } },
  { type: 'other', agent: 'a', data: { n } },
  { type: 'wanted', agent: 'b' },
]

function testTail(current: () => EventLog): void {
  it('gives history after a point and then live events, each once and in order', async () => {
    await current().append(numbered(700))
    const after = (await current().read({ limit: 100 })).at(-1)?.seq ?? 0
    const tailing = take(current().tail({ after }), 1_200)
    for (let batch = 0; batch < 60; batch += 1) {
      await current().append(numbered(10))
      await turn()
    }
    const events = await tailing
    expect(seqs(events)).toEqual(seqs(await current().read({ after, limit: 2_000 })))
    expect(new Set(seqs(events)).size).toBe(1_200)
  })

  it('begins after the newest event of the time of the call', async () => {
    await current().append([{ type: 'before' }])
    const tail = current().tail()
    await current().append([{ type: 'after' }])
    expect(types(await take(tail, 1))).toEqual(['after'])
  })

  it('filters history and live events', async () => {
    await current().append(mixed(1))
    const tailing = take(current().tail({ after: 0, agent: 'a', types: ['wanted', 'other'] }), 6)
    await current().append(mixed(2))
    await turn()
    await current().append(numbered(600))
    await current().append(mixed(3))
    expect((await tailing).map(event => `${event.type} ${String(event.data['n'])}`)).toEqual(
      [1, 2, 3].flatMap(n => [`wanted ${n}`, `other ${n}`]),
    )
  })

  it('serves calls of next that overlap one after the other', async () => {
    const tail = current().tail({ after: 0 })
    const pulls = Array.from({ length: 5 }, () => tail.next())
    await current().append(numbered(5))
    expect(await Promise.all(pulls)).toMatchObject([1, 2, 3, 4, 5].map(n => ({ done: false, value: { data: { n } } })))
    await tail.return?.()
  })

  it('ends while it waits: by return, by the signal, by close', async () => {
    const controller = new AbortController()
    const returned = current().tail()
    const aborted = current().tail({ signal: controller.signal })
    const closed = current().tail()
    const pulls = [returned, aborted, closed].map(tail => tail.next())
    await turn()
    await returned.return?.()
    expect(await pulls[0]).toEqual({ done: true, value: undefined })
    controller.abort()
    expect(await pulls[1]).toEqual({ done: true, value: undefined })
    await current().close()
    expect(await pulls[2]).toEqual({ done: true, value: undefined })
    for (const tail of [returned, aborted, closed]) expect(await tail.next()).toEqual({ done: true, value: undefined })
  })

  it('gives nothing after the signal, not even what it has read', async () => {
    await current().append(numbered(10))
    const controller = new AbortController()
    const seen: number[] = []
    for await (const event of current().tail({ after: 0, signal: controller.signal })) {
      seen.push(event.seq)
      controller.abort()
    }
    expect(seen).toHaveLength(1)
  })

  it('leaves no listener on the signal, whether it waited, was broken off or forgotten', async () => {
    const controller = new AbortController()
    const { signal } = controller
    await current().append(numbered(1))
    for (let round = 0; round < 1_000; round += 1) {
      for await (const _ of current().tail({ after: 0, signal })) break
      await current().tail({ after: 0, signal }).next()
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const waiting = current().tail({ signal }).next()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await turn()
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort()
    await waiting
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
}

function testClose(current: () => EventLog): void {
  it('refuses every call afterwards with STORE_CLOSED, and may be called again', async () => {
    await current().append(numbered(3))
    const tail = current().tail({ after: 0 })
    await tail.next()
    await current().close()
    await current().close()
    for (const call of [
      current().append(numbered(1)),
      current().append([]),
      current().read(),
      current().last(),
      current().retain({ maxCount: 0 }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    }
    expect(await tail.next()).toEqual({ done: true, value: undefined })
    expect(await current().tail().next()).toEqual({ done: true, value: undefined })
  })
}
