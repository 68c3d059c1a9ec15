import { expect, it } from 'vitest'
import { expectCaught, expectClean } from '../../../leaktest/test/support/pair.ts'
import { clearUnref } from '../../src/clock/clear-unref.ts'

/** Milliseconds, different each time, and not over before the test is. */
function ever(different: number): number {
  return 600_000 + different
}

function setsAndClears({ iteration }: { iteration: number }): void {
  clearTimeout(setTimeout(() => {}, ever(iteration)).unref())
}

it('timers of ever different durations leave nothing when they are cleared', async () => {
  await expectClean(({ iteration }) => {
    clearUnref(setTimeout(() => {}, ever(iteration)).unref())
    clearUnref(undefined)
  })
  expect(process.getActiveResourcesInfo()).not.toContain('Timeout')
})

it('are caught when Node alone clears them', async () => {
  await expectCaught({ function: setsAndClears.name, file: import.meta.filename }, setsAndClears)
})
