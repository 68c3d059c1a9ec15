import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../packages/core/src/errors/index.ts'
import { LEAKTEST_ERROR_CODES } from '../packages/leaktest/src/errors.ts'
import { sourcesBelow } from './layers.ts'

const root = join(import.meta.dirname, '..')
const [core = '', leaktest = ''] = readFileSync(join(root, 'docs/errors.md'), 'utf8').split('\n## Leak tests\n')

describe.each([
  {
    of: 'Oakum',
    codes: ERROR_CODES,
    section: core,
    packages: ['core', 'cli'],
    declared: join('errors', 'codes.ts'),
    reserved: [],
  },
  {
    of: 'leak tests',
    codes: LEAKTEST_ERROR_CODES,
    section: leaktest,
    packages: ['leaktest'],
    declared: 'errors.ts',
    reserved: [],
  },
])('the error codes of $of', ({ codes, section, packages, declared, reserved }) => {
  it('are documented, exactly those that there are, in the same words', () => {
    const documented = [...section.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm)]
    expect(Object.fromEntries(documented.map(([, code, text]) => [code, text]))).toEqual(codes)
  })

  it('are each thrown somewhere, unless reserved', () => {
    const text = packages
      .flatMap(name => sourcesBelow(join(root, 'packages', name, 'src')))
      .filter(({ file }) => file !== declared)
      .map(source => source.text)
      .join('\n')
    expect(Object.keys(codes).filter(code => !text.includes(`'${code}'`))).toEqual(reserved)
  })
})
