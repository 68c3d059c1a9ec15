import { expect, it } from 'vitest'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { testEventLog } from './contract.ts'

testEventLog('memory', async () => createMemoryEventLog())

it('keeps the newest events up to its bound', async () => {
  await using closing = new AsyncDisposableStack()
  const log = closing.adopt(createMemoryEventLog({ maxCount: 3 }), opened => opened.close())
  for (const type of ['a', 'b', 'c', 'd', 'e']) await log.append([{ id: type, type }])
  expect((await log.read()).map(({ seq, type }) => `${seq}${type}`)).toEqual(['3c', '4d', '5e'])
  expect((await log.read({ limit: 2 })).map(event => event.type)).toEqual(['c', 'd'])
  expect((await log.read({ newest: true, limit: 2 })).map(event => event.type)).toEqual(['d', 'e'])
  expect(await log.append([{ id: 'e', type: 'known' }])).toBe(5)
  expect(await log.append([{ id: 'a', type: 'forgotten' }])).toBe(6)
})

it('refuses a bound that cannot work', () => {
  for (const maxCount of [0, 1.5, Number.NaN]) {
    expect(() => createMemoryEventLog({ maxCount })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  }
})

it('gives events the time of its clock', async () => {
  const log = createMemoryEventLog({ clock: { now: () => 42, monotonic: () => 0 } })
  await log.append([{ type: 'a' }])
  expect((await log.read())[0]?.time).toBe(42)
  await log.close()
})
