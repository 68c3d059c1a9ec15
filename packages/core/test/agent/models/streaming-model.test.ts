import { expect, test } from 'vitest'
import { streamingModel } from '../../../src/agent/models/streaming-model.ts'
import type { Model } from '../../../src/agent/index.ts'

const REQUEST = { items: [], tools: [] }

/** A model of a client whose stream hears of no signal, and is gone only when it was told to return. */
function modelOf(opened: Promise<unknown>): { model: Model; state: { open: boolean } } {
  const state = { open: false }
  async function* stream(): AsyncGenerator<string> {
    try {
      for (;;) yield 'word'
    } finally {
      await new Promise(resolve => setImmediate(resolve))
      state.open = false
    }
  }
  async function open(): Promise<AsyncGenerator<string>> {
    await opened
    state.open = true
    const events = stream()
    await events.next()
    return events
  }
  const model = streamingModel<string>({
    service: 'the test',
    open,
    reader: () => ({ read: text => [{ type: 'text', text }], end: () => [{ type: 'finish', reason: 'stop' }] }),
  })
  return { model, state }
}

test('a client is told to return its stream, and waited for, when the consumer leaves', async () => {
  const { model, state } = modelOf(Promise.resolve())
  for await (const event of model(REQUEST, new AbortController())) {
    expect(event).toEqual({ type: 'text', text: 'word' })
    break
  }
  expect(state.open).toBe(false)
})

test('a stream that opens only when the consumer has left is returned as well', async () => {
  const opened = Promise.withResolvers<void>()
  const { model, state } = modelOf(opened.promise)
  const iterator = model(REQUEST, new AbortController())[Symbol.asyncIterator]()
  const pending = iterator.next()
  const left = iterator.return?.()
  opened.resolve()
  expect((await pending).done).toBe(true)
  await left
  expect(state.open).toBe(false)
})
