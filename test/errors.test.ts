import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ERROR_CODES } from '../packages/core/src/errors/index.ts'
import { sourcesBelow } from './layers.ts'

const root = join(import.meta.dirname, '..')

it('documents exactly the codes that there are, in the same words', () => {
  const documented = [
    ...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm),
  ]
  expect(Object.fromEntries(documented.map(([, code, text]) => [code, text]))).toEqual(ERROR_CODES)
})

it('has no code that nothing throws', () => {
  const text = ['core', 'cli']
    .flatMap(name => sourcesBelow(join(root, 'packages', name, 'src')))
    .filter(({ file }) => file !== join('errors', 'codes.ts'))
    .map(source => source.text)
    .join('\n')
  expect(Object.keys(ERROR_CODES).filter(code => !text.includes(`'${code}'`))).toEqual([])
})
