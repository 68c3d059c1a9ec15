import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { confirm } from '../../src/command/confirm.ts'

const terminal = () => Object.assign(new PassThrough(), { isTTY: true })

describe('confirm', () => {
  it.each([
    ['y\n', true],
    ['YES\n', true],
    ['\n', false],
    ['yesterday\n', false],
    ['', false],
  ])('takes %j for %s', async (typed, wanted) => {
    const [input, output] = [terminal(), terminal()]
    input.end(typed)
    expect(await confirm('Really?', { input, output })).toBe(wanted)
    expect(String(output.read())).toBe('Really? [y/N] ')
  })

  it('asks nobody where there is no terminal', async () => {
    const asked = confirm('Really?', { input: new PassThrough(), output: terminal() })
    await expect(asked).rejects.toThrow(/add --yes/)
  })
})
