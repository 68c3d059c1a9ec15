import { describe, expect, it } from 'vitest'
import { matchesSite } from '../src/site-names.ts'

const method = { function: 'run', file: '/home/dev/src/loop.ts' }
const topLevel = { function: '', file: '/home/dev/src/ts.ts' }

describe('a site that may stay', () => {
  it.each([
    'run',
    'loop.ts',
    'src/loop',
    'run (/home/dev/src/loop.ts)',
    'AgentLoop.run',
    'agents.AgentLoop.run',
    /^run .*loop/,
  ])('is named by %s', pattern => expect(matchesSite(pattern, method)).toBe(true))

  it.each(['AgentLoop.runs', 'AgentLoop', 'AgentLoop.', 'src/other.run', 'run (', /AgentLoop\.run/])(
    'is not named by %s',
    pattern => expect(matchesSite(pattern, { ...method, function: 'start' })).toBe(false),
  )

  it('needs no function', () => {
    expect(matchesSite('top level', topLevel)).toBe(true)
    expect(matchesSite('AgentLoop.', topLevel)).toBe(false)
  })

  it.each([
    ['private', '#run', 'AgentLoop.#run'],
    ['an accessor', 'get size', 'Pool.get size'],
    ['told with its class by the engine', 'AgentLoop.run', 'Loop.run'],
  ])('can be %s', (_, name, pattern) => expect(matchesSite(pattern, { ...method, function: name })).toBe(true))
})
