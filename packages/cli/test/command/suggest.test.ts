import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/command/duration.ts'
import { describeError, UsageError } from '../../src/command/errors.ts'
import { storeUrl } from '../../src/command/store.ts'
import { suggest } from '../../src/command/suggest.ts'

const COMMANDS = ['up', 'run', 'status', 'logs', 'stop', 'kill', 'sweep']

describe('suggest', () => {
  it.each([
    ['stauts', 'status'],
    ['stat', 'status'],
    ['rnu', 'run'],
    ['kil', 'kill'],
    ['sweeep', 'sweep'],
    ['explode', undefined],
    ['x', undefined],
  ])('for %s is %s', (typed, meant) => {
    expect(suggest(typed, COMMANDS)).toBe(meant)
  })
})

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['10', 10_000],
  ])('%s is %i ms', (text, milliseconds) => {
    expect(parseDuration(text, '--timeout')).toBe(milliseconds)
  })

  it.each(['', 'soon', '-5s', '5 s', '5y', 'Infinity'])('refuses "%s"', text => {
    expect(() => parseDuration(text, '--timeout')).toThrow(UsageError)
  })
})

describe('storeUrl', () => {
  it('is the option, else OAKUM_STORE, else a folder of the user’s state directory', () => {
    const env = { OAKUM_STORE: 'sqlite:there', XDG_STATE_HOME: '/state' }
    expect(storeUrl('memory:', env)).toBe('memory:')
    expect(storeUrl(undefined, env)).toBe('sqlite:there')
    expect(storeUrl(undefined, { ...env, OAKUM_STORE: '' })).toBe('sqlite:/state/oakum')
    expect(storeUrl(undefined, { XDG_STATE_HOME: 'relative' })).toMatch(/^sqlite:\/.*\/\.local\/state\/oakum$/)
  })
})

describe('describeError', () => {
  it('is one line with a code and without control characters', () => {
    expect(describeError(new Error('two\nlines \u001b[31mred'))).toBe('oakum: two lines red (UNEXPECTED)')
    expect(describeError(new UsageError('wrong'))).toBe('oakum: wrong (USAGE)')
  })
})
