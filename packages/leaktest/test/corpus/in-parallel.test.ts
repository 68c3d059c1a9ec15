import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inParallel } from '../../corpus/in-parallel.ts'

it('works on all, so many at a time, in their order', async () => {
  const begun: number[] = []
  let running = 0
  let most = 0
  await inParallel([1, 2, 3, 4, 5], { parallel: 2, signal: new AbortController().signal }, async item => {
    begun.push(item)
    most = Math.max(most, ++running)
    await turn()
    running--
  })
  expect(begun).toEqual([1, 2, 3, 4, 5])
  expect(most).toBe(2)
  expect(running).toBe(0)
})

it('begins nothing any more when the signal aborts', async () => {
  const controller = new AbortController()
  const begun: number[] = []
  await inParallel([1, 2, 3, 4, 5], { parallel: 2, signal: controller.signal }, async item => {
    begun.push(item)
    await turn()
    if (item === 2) controller.abort()
  })
  expect(begun).toEqual([1, 2, 3])
})
