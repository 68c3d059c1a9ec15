import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

describe('env', () => {
  it('is inherited, the nearest winning, also when set later', () => {
    const root = new Scope('root', { env: { A: 'root', B: 'root' } })
    const child = root.child('child', { env: { B: 'child' } })
    const plain = child.child('plain')
    expect(plain.env).toEqual({ A: 'root', B: 'child' })
    root.env = { A: 'changed', C: 'new' }
    expect(plain.env).toEqual({ A: 'changed', B: 'child', C: 'new' })
    plain.env = { A: 'plain' }
    expect(plain.env).toEqual({ A: 'plain', B: 'child', C: 'new' })
    expect(child.env).toEqual({ A: 'changed', B: 'child', C: 'new' })
    expect(new Scope('other').env).toEqual({})
  })
})
