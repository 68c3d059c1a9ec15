import { expect, test, vi } from 'vitest'
import { followTable, nextTable, type ProcessTable } from '../../src/process/index.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { until } from '../support/until.ts'

test('followers see fresh tables, the same for all, until they end it', async () => {
  const seen: [ProcessTable[], ProcessTable[]] = [[], []]
  const ends = seen.map(tables => followTable(table => tables.push(table)))
  await until(() => seen[0].length >= 2)
  expect(seen[0][0]).toBe(seen[1][0])
  expect(seen[0][1]).not.toBe(seen[0][0])
  expect(seen[0][0]?.get(process.pid)?.ppid).toBe(process.ppid)
  ends[0]?.()
  const count = seen[0].length
  await until(() => seen[1].length >= count + 1)
  expect(seen[0]).toHaveLength(count)
  ends[1]?.()
})

test('following keeps no program running, and leaves no timer', async () => {
  const before = process.getActiveResourcesInfo().length
  const ends = Array.from({ length: 100 }, () => followTable(() => {}))
  expect(process.getActiveResourcesInfo()).toHaveLength(before)
  for (const end of ends) end()
})

test('who asks for a table in the same turn gets the same one, and later a new one', async () => {
  const [first, second] = await Promise.all([nextTable(), nextTable()])
  expect(first).toBe(second)
  expect(await nextTable()).not.toBe(first)
})

/** Where looks are expensive they are rare, but no rarer than this, in milliseconds. */
const RAREST = 10_000

test('those who come all the time keep nobody from looking', () => {
  useFakeTime()
  const seen: ProcessTable[] = []
  const end = followTable(table => seen.push(table))
  for (let time = 0; time < 3 * RAREST && seen.length < 3; time += 50) {
    followTable(() => {})()
    vi.advanceTimersByTime(50)
  }
  expect(seen).toHaveLength(3)
  end()
})

test('a look that seemed to take minutes does not keep the next from coming', () => {
  useFakeTime()
  const minutes = vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 300_000_000, system: 0 })
  let looks = 0
  const end = followTable(() => looks++)
  vi.advanceTimersToNextTimer()
  expect(looks).toBe(1)
  minutes.mockRestore()
  vi.advanceTimersByTime(RAREST - 1)
  expect(looks).toBe(1)
  vi.advanceTimersByTime(1)
  expect(looks).toBe(2)
  end()
})
