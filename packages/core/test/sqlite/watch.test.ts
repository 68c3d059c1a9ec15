import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Database } from '../../src/sqlite/database.ts'
import { openDatabase } from '../../src/sqlite/open.ts'
import { Watch } from '../../src/sqlite/watch.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { NOTES } from './fixtures/schema.ts'

let mine: Database
let theirs: Database
let watch: Watch

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const path = join(temporaryFolder(), 'notes.db')
  mine = openDatabase({ path, ...NOTES })
  theirs = openDatabase({ path, ...NOTES })
  watch = new Watch(mine)
})

afterEach(() => {
  watch.close()
  mine.close()
  theirs.close()
  vi.useRealTimers()
})

let count = 0
const write = (database: Database): number => database.run('INSERT INTO notes (text) VALUES (?)', String((count += 1)))

it('tells of changes by another connection at the next look, once for many', () => {
  const listener = vi.fn()
  watch.onChange(listener)
  write(theirs)
  write(theirs)
  expect(listener).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(listener).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1_000)
  expect(listener).toHaveBeenCalledTimes(1)
})

it('tells of what came after listening began, not of what was there before', () => {
  write(theirs)
  const listener = vi.fn()
  watch.onChange(listener)
  vi.advanceTimersByTime(100)
  expect(listener).not.toHaveBeenCalled()
})

it('tells of own writes when touched, outside the toucher’s call, once for many', async () => {
  const listener = vi.fn()
  watch.onChange(listener)
  write(mine)
  vi.advanceTimersByTime(1_000)
  expect(listener).not.toHaveBeenCalled()
  watch.touch()
  watch.touch()
  expect(listener).not.toHaveBeenCalled()
  await Promise.resolve()
  expect(listener).toHaveBeenCalledTimes(1)
})

it('runs a timer only while somebody listens', () => {
  expect(vi.getTimerCount()).toBe(0)
  const releases = [watch.onChange(() => {}), watch.onChange(() => {})]
  expect(vi.getTimerCount()).toBe(1)
  releases[0]?.()
  releases[0]?.()
  expect(vi.getTimerCount()).toBe(1)
  releases[1]?.()
  expect(vi.getTimerCount()).toBe(0)
})

it('releases one listener at a time, also of the same function', () => {
  const listener = vi.fn()
  const release = watch.onChange(listener)
  watch.onChange(listener)
  release()
  write(theirs)
  vi.advanceTimersByTime(100)
  expect(listener).toHaveBeenCalledTimes(1)
})

it('calls listeners a last time when it closes, and takes none afterwards', () => {
  const listener = vi.fn()
  watch.onChange(listener)
  watch.close()
  watch.close()
  watch.onChange(listener)()
  expect(listener).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

it('calls listeners when it cannot look, so that their own read meets the error', () => {
  const listener = vi.fn()
  watch.onChange(listener)
  mine.close()
  vi.advanceTimersByTime(100)
  expect(listener).toHaveBeenCalledTimes(1)
})
