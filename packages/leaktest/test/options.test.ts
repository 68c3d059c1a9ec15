import { expect, it } from 'vitest'
import { LeaktestError } from '../src/errors.ts'
import { validateOptions } from '../src/options.ts'

class AgentLoop {
  run(): void {}
}

function refusal(options: unknown): LeaktestError {
  try {
    validateOptions('refused', () => {}, options)
  } catch (error) {
    if (error instanceof LeaktestError) return error
    throw error
  }
  return expect.fail('nothing was refused')
}

it.each([
  ['options', null, 'not null'],
  ['options', 3, 'not 3'],
  ['iteration', { iteration: 3 }, 'there are warmup, iterations'],
  ['constructor', { constructor: 3 }, 'is no option'],
  ['iterations', { iterations: 1.5 }, 'whole number of at least 1, not 1.5'],
  ['warmup', { warmup: -1 }, 'at least 0, not -1'],
  ['time', { time: 10n }, 'number of at least 1, not 10n'],
  ['time', { time: Number.NaN }, 'not NaN'],
  ['timeout', { timeout: '3s' }, "not '3s'"],
  ['budget', { budget: 3 }, 'an object, not 3'],
  ['budget.byte', { budget: { byte: 3 } }, 'there are bytes, objects'],
  ['budget.bytes', { budget: { bytes: -1 } }, 'at least 0, not -1'],
  ['instances', { instances: AgentLoop }, 'a list, not [class AgentLoop]'],
  ['instances[1]', { instances: [AgentLoop, () => {}] }, 'a class, not [Function'],
  ['ignore', { ignore: { reason: 'known', site: 'run' } }, 'a list, not {'],
  ['ignore[0]', { ignore: ['run'] }, "an object, not 'run'"],
  ['ignore[0]', { ignore: [{ reason: 'known' }] }, 'a `site` or a `counter`'],
  ['ignore[0].reason', { ignore: [{ site: 'run' }] }, 'a text, not undefined'],
  ['ignore[0].reason', { ignore: [{ reason: ' ', site: 'run' }] }, "a text, not ' '"],
  ['ignore[0].site', { ignore: [{ reason: 'known', site: 3 }] }, 'a text or a pattern, not 3'],
  ['ignore[0].counter', { ignore: [{ reason: 'known', counter: 'fd' }] }, 'one of fds, '],
  ['ignore[0].sites', { ignore: [{ reason: 'known', sites: 'run' }] }, 'is no option'],
  ['compareTo', { compareTo: 3 }, 'the name of a file, not 3'],
  ['setup', { setup: 'make' }, "a function, not 'make'"],
  ['teardown', { teardown: {} }, 'a function, not {}'],
  ['onProgress', { onProgress: true }, 'a function, not true'],
  ['retainers', { retainers: 'yes' }, "true, false or 'auto', not 'yes'"],
  ['seed', { seed: '7' }, "a number, not '7'"],
  ['signal', { signal: new AbortController() }, 'an AbortSignal, not AbortController'],
])('refuses what cannot work as %s: %o', (option, options, message) => {
  expect(refusal(options)).toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(message),
    facts: { option },
  })
})

it('takes everything that works, and what is not given', () => {
  const all = {
    warmup: 0,
    iterations: 1,
    time: 0.5 * 2,
    timeout: Infinity,
    budget: { bytes: 0, handles: 0.5, fds: undefined },
    instances: [AgentLoop, Map, class extends AgentLoop {}],
    ignore: [{ reason: 'known', site: /run/, counter: 'buffers' }],
    compareTo: 'leaks.json',
    setup: () => 1,
    teardown: () => {},
    retainers: 'auto',
    seed: -0.5,
    signal: AbortSignal.abort(),
    onProgress: () => {},
  }
  expect(() => validateOptions('a', () => {}, all)).not.toThrow()
  const none = Object.fromEntries(Object.keys(all).map(option => [option, undefined]))
  expect(() => validateOptions('a', () => {}, none)).not.toThrow()
})

it.each([
  ['name', '', () => {}],
  ['name', 3, () => {}],
  ['scenario', 'a', 'b'],
])('refuses a call without a usable %s', (option, name, scenario) => {
  expect(() => validateOptions(name, scenario, {})).toThrow(expect.objectContaining({ facts: { option } }))
})
