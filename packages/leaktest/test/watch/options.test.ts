import { expect, it } from 'vitest'
import { watch } from '../../src/index.ts'
import { normalizeWatch } from '../../src/watch/options.ts'

it.each([
  [0, {}],
  [-1, {}],
  [1.5, {}],
  [Number.NaN, {}],
  [process.pid, { for: 0 }],
  [process.pid, { for: Infinity }],
  [process.pid, { for: 1_000, every: 0 }],
  [process.pid, { for: 1_000, every: 500 }],
])('refuses what cannot work: %s, %o', async (target, options) => {
  await expect(watch(target, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})

it('reads every second, and more often in a short watch', () => {
  expect(normalizeWatch(process, {})).toEqual({ pid: process.pid, every: 1_000, times: 10 })
  expect(normalizeWatch(7, { for: 60_000 })).toEqual({ pid: 7, every: 1_000, times: 60 })
  expect(normalizeWatch(7, { for: 1_000 })).toEqual({ pid: 7, every: 100, times: 10 })
})
