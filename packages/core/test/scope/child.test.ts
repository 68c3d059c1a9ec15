import { describe, expect, it } from 'vitest'
import { DEFAULT_CLOSE_TIMEOUT, Scope } from '../../src/scope/index.ts'

describe('child', () => {
  it('has a path of names, and takes over what its parent says', async () => {
    const told: string[] = []
    const root = new Scope('coder-1', { onError: (_error, { path }) => told.push(path), stacks: true })
    const child = root.child('tool').child('shell')
    expect(child.path).toBe('coder-1/tool/shell')
    await expect(child.task('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(told).toEqual(['coder-1/tool/shell/x'])
    child.defer(() => {})
    expect(child.snapshot().resources[0]?.stack).toContain('child.test.ts')
    await root.close()
  })

  it('may say something else', async () => {
    const told: string[] = []
    const root = new Scope('root', { onError: () => told.push('root'), stacks: true })
    const child = root.child('child', { onError: () => told.push('child'), stacks: false })
    await expect(child.task('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(told).toEqual(['child'])
    child.defer(() => {})
    expect(child.snapshot().resources[0]?.stack).toBeUndefined()
    await root.close()
  })

  it('is refused once closing has begun', async () => {
    const root = new Scope('root')
    await root.close()
    expect(() => root.child('late')).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }))
  })

  it.each([
    ['an empty name', '', {}],
    ['a timeout below 0', 'a', { closeTimeout: -1 }],
    ['a timeout that is no number', 'a', { closeTimeout: Number.NaN }],
    ['a timeout that no timer can wait for', 'a', { closeTimeout: Infinity }],
  ])('refuses %s', (_what, name, options) => {
    const wrong = expect.objectContaining({ code: 'INVALID_OPTION' })
    expect(() => new Scope(name, options)).toThrow(wrong)
    expect(() => new Scope('root').child(name, options)).toThrow(wrong)
  })

  it('has 30 seconds to close by default', () => {
    expect(DEFAULT_CLOSE_TIMEOUT).toBe(30_000)
  })
})
