import { expect, it } from 'vitest'
import { clearUnref } from '../../src/clock/clear-unref.ts'

/** Timers that keep this process running. */
function alive(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
}

it('calls a timer off', async () => {
  let calls = 0
  clearUnref(setTimeout(() => calls++, 1).unref())
  clearUnref(undefined)
  await new Promise(resolve => void setTimeout(resolve, 5))
  expect(calls).toBe(0)
})

it('leaves no timer that keeps the process running: cleared before its call, during it, after it, and twice', async () => {
  const before = alive()
  for (let n = 0; n < 3; n++) {
    const cleared = setTimeout(() => {}, 1_000).unref()
    clearUnref(cleared)
    clearUnref(cleared)
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        clearUnref(timer)
        resolve()
      }, 1).unref()
      setTimeout(() => {}, 20)
    })
    const fired = setTimeout(() => {}, 1).unref()
    await new Promise(resolve => void setTimeout(resolve, 20))
    clearUnref(fired)
  }
  expect(alive()).toBe(before)
})
