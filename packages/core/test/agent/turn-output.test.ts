import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelItem } from '../../src/agent/index.ts'
import { TurnOutput } from '../../src/agent/turn/turn-output.ts'

const message = (text: string): ModelItem => ({ type: 'message', role: 'assistant', text, id: `m-${text}` })
const thought = (text: string): ModelItem => ({ type: 'reasoning', text, raw: { port: 'test', value: text } })
const call = (callId: string): ModelItem => ({ type: 'tool_call', callId, name: 'add', arguments: '{}' })
const partial = (text: string): ModelItem => ({ type: 'message', role: 'assistant', text, partial: true })
const plain = (text: string): ModelItem => ({ type: 'message', role: 'assistant', text })

/** Whatever a consumer is told, as one list. */
class Consumer {
  readonly output = new TurnOutput(1_000)
  readonly told: (string | ModelItem)[] = []

  piece(text: string, kind: 'message' | 'reasoning' = 'message'): this {
    const told = this.output.piece(kind, text)
    this.told.push(...told.items, ...(told.text === '' ? [] : [told.text]))
    return this
  }

  item(item: ModelItem): this {
    this.told.push(...this.output.item(item))
    return this
  }

  complete(): readonly ModelItem[] {
    const { tell, keep } = this.output.complete()
    this.told.push(...tell)
    return keep
  }
}

describe('a response that is asked for again', () => {
  it('goes on where it had broken off', () => {
    const consumer = new Consumer().piece('Hel').piece('lo w')
    consumer.output.restart()
    consumer.piece('Hello').piece(' world').item(message('Hello world'))
    expect(consumer.complete()).toEqual([message('Hello world')])
    expect(consumer.told).toEqual(['Hel', 'lo w', 'orld', message('Hello world')])
  })

  it('is not told again, and is kept as it was made last', () => {
    const consumer = new Consumer().piece('a', 'reasoning').item(thought('a')).piece('b').item(message('b'))
    consumer.output.restart()
    const again = { ...thought('a'), id: 'other' }
    consumer.piece('a', 'reasoning').item(again).piece('b').item(message('b')).item(call('1'))
    expect(consumer.complete()).toEqual([again, message('b'), call('1')])
    expect(consumer.told).toEqual(['a', thought('a'), 'b', message('b'), call('1')])
  })

  it('ends as partial what it says otherwise', () => {
    const consumer = new Consumer().piece('Hello wor')
    consumer.output.restart()
    consumer.piece('Hello').piece(' there').item(message('Hello there'))
    expect(consumer.complete()).toEqual([partial('Hello wor'), message('Hello there')])
    expect(consumer.told).toEqual(['Hello wor', partial('Hello wor'), 'Hello there', message('Hello there')])
  })

  it('that differs once more goes on with what was being said, and mixes nothing', () => {
    const consumer = new Consumer().piece('two ').item(message('two '))
    consumer.output.restart()
    consumer.piece('One ').piece('two ')
    consumer.output.restart()
    consumer.piece('One ').piece('two ').piece('three ').item(message('One two three '))
    expect(consumer.told).toEqual(['two ', message('two '), 'One ', 'two ', 'three ', message('One two three ')])
    expect(consumer.complete()).toEqual([plain('two '), message('One two three ')])
  })

  it('that turns to something else says nothing beside what was being said', () => {
    const consumer = new Consumer().piece('One ').piece('two ')
    consumer.output.restart()
    consumer.piece('two ').piece('three ').item(message('two three '))
    expect(consumer.told).toEqual(['One ', 'two ', partial('One two '), 'two ', 'three ', message('two three ')])
  })

  it('keeps an item that was told whole and not made again, without what ties it to the response', () => {
    const consumer = new Consumer().item(thought('hm')).item(message('one'))
    consumer.output.restart()
    consumer.item(message('two'))
    expect(consumer.complete()).toEqual([plain('one'), message('two')])
    expect(consumer.told).toEqual([thought('hm'), message('one'), message('two')])
  })

  it('tells no call of the response that failed', () => {
    const consumer = new Consumer().item(call('1')).item(message('after'))
    expect(consumer.told).toEqual([])
    consumer.output.restart()
    consumer.item(call('2')).item(message('after'))
    expect(consumer.complete()).toEqual([call('2'), message('after')])
    expect(consumer.told).toEqual([call('2'), message('after')])
  })

  it('is told whole and once, wherever it breaks off and however it is cut into pieces', () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 })
    const cuts = fc.array(fc.nat(30), { maxLength: 4 })
    fc.assert(
      fc.property(texts, cuts, fc.integer({ min: 1, max: 4 }), (messages, breaks, size) => {
        const consumer = new Consumer()
        for (const steps of [...breaks, Infinity]) {
          let step = 0
          for (const text of messages) {
            for (let at = 0; at < text.length && step < steps; at += size, step++)
              consumer.piece(text.slice(at, at + size))
            if (step++ < steps) consumer.item(message(text))
          }
          if (steps !== Infinity) consumer.output.restart()
        }
        expect(consumer.complete()).toEqual(messages.map(message))
        const told = consumer.told.filter(each => typeof each === 'string').join('')
        expect(told).toBe(messages.join(''))
        expect(consumer.told.filter(each => typeof each !== 'string')).toEqual(messages.map(message))
      }),
    )
  })
})

describe('a response', () => {
  it('that breaks off leaves what was said, and no thought', () => {
    const consumer = new Consumer().item(thought('hm')).item(message('one')).piece('tw').item(call('1'))
    const { tell, keep } = consumer.output.breakOff()
    expect(tell).toEqual([partial('tw')])
    expect(keep).toEqual([{ type: 'message', role: 'assistant', text: 'one' }, partial('tw')])
  })

  it('whose calls share an id gets ids of their own', () => {
    const consumer = new Consumer().item(call('x')).item(call('x')).item(call(''))
    const ids = consumer.complete().map(item => (item.type === 'tool_call' ? item.callId : ''))
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toBe('x')
  })

  it('whose calls have ids that the conversation knows gets others', () => {
    const consumer = new Consumer().item(call('x')).item(call('y')).item(call(''))
    const { keep } = consumer.output.complete(callId => ['x', 'x_1', 'call_1'].includes(callId))
    expect(keep.map(item => (item.type === 'tool_call' ? item.callId : ''))).toEqual(['x_2', 'y', 'call_2'])
  })

  it('counts an item by what was not said in pieces before', () => {
    const consumer = new Consumer()
      .piece('x'.repeat(600))
      .item(message('x'.repeat(600)))
      .piece('y'.repeat(300))
    expect(() => consumer.item(thought('z'.repeat(101)))).toThrow(expect.objectContaining({ code: 'MODEL_PROTOCOL' }))
  })

  it('that grows above the limit is refused', () => {
    const consumer = new Consumer().piece('x'.repeat(1_000))
    expect(() => consumer.piece('x')).toThrow(expect.objectContaining({ code: 'MODEL_PROTOCOL' }))
  })
})
