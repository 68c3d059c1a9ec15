import { once } from 'node:events'
import { expect, it } from 'vitest'
import { clearUnref } from '../../src/clock/clear-unref.ts'
import { startProgram } from '../support/fixture-program.ts'

it('calls a timer off', async () => {
  let calls = 0
  clearUnref(setTimeout(() => calls++, 1).unref())
  clearUnref(undefined)
  await new Promise(resolve => void setTimeout(resolve, 5))
  expect(calls).toBe(0)
})

it('leaves no timer that keeps a process running: cleared before its call, during it, after it, and twice', async () => {
  const program = startProgram(new URL('fixtures/clears-timers.ts', import.meta.url))
  const [code] = await once(program, 'exit')
  expect(code).toBe(0)
})
