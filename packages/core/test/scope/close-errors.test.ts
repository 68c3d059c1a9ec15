import { describe, expect, it } from 'vitest'
import { isOakumError, OakumError } from '../../src/errors/index.ts'
import { Scope, ScopeCloseError } from '../../src/scope/index.ts'

const fail = (message: string) => () => {
  throw new Error(message)
}

describe('errors of a close', () => {
  it('tries every release and gathers what they threw, of child scopes too', async () => {
    const tried: string[] = []
    const scope = new Scope('a')
    const child = scope.child('child')
    scope.defer(() => tried.push('oldest'))
    scope.defer(fail('sync'))
    scope.defer(async () => fail('async')())
    child.defer(fail('child, sync'))
    child.defer(async () => fail('child, async')())
    scope.defer(() => tried.push('youngest'))
    const error: unknown = await scope.close().catch((thrown: unknown) => thrown)
    if (!(error instanceof ScopeCloseError)) throw new Error('It did not fail as it should.', { cause: error })
    expect(tried).toEqual(['youngest', 'oldest'])
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toBeInstanceOf(OakumError)
    expect(isOakumError(error, 'SCOPE_CLOSE_FAILED')).toBe(true)
    const { errors, report, message } = error
    expect(errors.map(String).toSorted()).toEqual([
      'Error: async',
      'Error: child, async',
      'Error: child, sync',
      'Error: sync',
    ])
    expect(report).toMatchObject({ released: 7, refused: [] })
    expect(message).toContain('a failed: ')
  })

  it('gathers without a wait as well', async () => {
    const scope = new Scope('a')
    scope.defer(fail('one'))
    scope.defer(fail('two'))
    await expect(scope.close()).rejects.toMatchObject({ errors: [new Error('two'), new Error('one')] })
    await expect(scope.close()).rejects.toBeInstanceOf(ScopeCloseError)
  })

  it('carries values that are no errors', async () => {
    const scope = new Scope('a')
    scope.defer(() => Promise.reject(undefined))
    await expect(scope.close()).rejects.toMatchObject({ errors: [undefined] })
  })

  it('gives the errors of a child that was closed by itself to who closed it', async () => {
    const root = new Scope('root')
    const child = root.child('child')
    child.defer(fail('mine'))
    await expect(child.close()).rejects.toMatchObject({ errors: [new Error('mine')] })
    expect(await root.close()).toMatchObject({ released: 0, refused: [] })
  })

  it('throws from `await using` for what refused as well, having no other way', async () => {
    const disposed = (async () => {
      await using scope = new Scope('a', { closeTimeout: 20 })
      scope.defer(function hang() {
        return new Promise(() => {})
      })
    })()
    await expect(disposed).rejects.toMatchObject({
      code: 'SCOPE_CLOSE_FAILED',
      report: { refused: [{ path: 'a/hang' }] },
      errors: [expect.objectContaining({ code: 'RESOURCE_REFUSED' })],
    })
  })

  it('tells onError of a failure that comes after the report', async () => {
    const told = Promise.withResolvers<unknown>()
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a', { closeTimeout: 20, onError: (error, { path }) => told.resolve([path, error]) })
    scope.defer(async function late() {
      await gate.promise
      throw new Error('too late')
    })
    expect((await scope.close()).refused).toHaveLength(1)
    gate.resolve()
    expect(await told.promise).toEqual(['a/late', new Error('too late')])
  })
})
