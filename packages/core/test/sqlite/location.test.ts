import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseSqliteUrl } from '../../src/sqlite/location.ts'

it.each([
  ['sqlite:.oakum', join(process.cwd(), '.oakum')],
  ['sqlite:a b/../c', join(process.cwd(), 'c')],
  ['sqlite:/var/lib/oakum', '/var/lib/oakum'],
  ['sqlite:///var/lib/oakum', '/var/lib/oakum'],
])('reads %s', (url, directory) => {
  expect(parseSqliteUrl(url)).toEqual({
    directory,
    fleet: join(directory, 'fleet.db'),
    events: join(directory, 'events.db'),
  })
})

it.each(['sqlite:', 'sqlite::memory:', 'sqlite://host/folder', 'sqlite:a\0b', 'redis:x', 'x'])('refuses %j', url => {
  expect(() => parseSqliteUrl(url)).toThrow(expect.objectContaining({ code: 'STORE_UNKNOWN', facts: { url } }))
})
