import { expect, it } from 'vitest'
import { pathText } from '../../src/retainers/path-text.ts'

it('tells names, with the types that say more', () => {
  const steps = [
    { name: '', type: 'module registry.ts' },
    { name: 'sessions', type: 'Map' },
    { name: 'Map entry', type: 'Session' },
    { name: 'options', type: 'Object' },
    { name: 'onAbort', type: 'closure onAbort' },
  ]
  expect(pathText(steps)).toBe(
    'module registry.ts → sessions (Map) → Map entry (Session) → options → onAbort (closure)',
  )
})

it('leaves out the middle of a long way', () => {
  const steps = Array.from({ length: 30 }, (_, index) => ({ name: `step ${index}`, type: '' }))
  const words = pathText(steps).split(' → ')
  expect(words).toHaveLength(12)
  expect(words.slice(5, 8)).toEqual(['step 5', '…', 'step 25'])
  expect(words.at(-1)).toBe('step 29')
})
