import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { OakumError } from '../../src/errors/index.ts'
import { Scope } from '../../src/scope/index.ts'

describe('signal', () => {
  it('is the same each time, and aborts when closing begins', () => {
    const scope = new Scope('a')
    const { signal } = scope
    expect(scope.signal).toBe(signal)
    expect(signal.aborted).toBe(false)
    void scope.close('enough')
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ code: 'SCOPE_CLOSED', cause: 'enough', facts: { path: 'a' } })
  })

  it('is aborted already when first asked for after the close', async () => {
    const scope = new Scope('a')
    const child = scope.child('child')
    await scope.close('enough')
    expect(scope.signal.reason).toMatchObject({ code: 'SCOPE_CLOSED', cause: 'enough' })
    expect(child.signal.reason).toBe(scope.signal.reason)
  })

  it('passes an Oakum error on as it is', async () => {
    const scope = new Scope('a')
    const reason = new OakumError('STOP_REQUESTED', 'stop')
    await scope.close(reason)
    expect(scope.signal.reason).toBe(reason)
  })

  it('of a child needs no listener on the parent’s', async () => {
    const root = new Scope('root')
    const { signal } = root
    const children = Array.from({ length: 50 }, (_, n) => root.child(`c${n}`).signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await root.close()
    expect(children.every(({ aborted }) => aborted)).toBe(true)
  })
})
