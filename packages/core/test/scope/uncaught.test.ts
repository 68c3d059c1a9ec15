import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'
import { until } from '../support/until.ts'

/** What becomes an uncaught exception while `during` runs, in place of the test runner's own listeners. */
async function uncaught(count: number, during: () => void): Promise<unknown[]> {
  const others = process.rawListeners('uncaughtException')
  const caught: unknown[] = []
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', error => void caught.push(error))
  try {
    during()
    await until(() => caught.length >= count)
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const other of others)
      process.on('uncaughtException', (...values) => void Reflect.apply(other, process, values))
  }
  return caught
}

const fail = (what: string) => (): never => {
  throw new Error(what)
}

describe('an error that nobody is there to receive', () => {
  it('is an uncaught exception where no scope has onError', async () => {
    const scope = new Scope('a')
    const emitter = new EventEmitter()
    const caught = await uncaught(3, () => {
      scope.timeout(fail('timeout'), 0)
      scope.timeout(async () => fail('async timeout')(), 0)
      scope.on(emitter, 'data', fail('listener'))
      emitter.emit('data')
    })
    expect(caught.map(String).toSorted()).toEqual(['Error: async timeout', 'Error: listener', 'Error: timeout'])
    await scope.close()
  })

  it('is one as well when onError itself throws', async () => {
    const scope = new Scope('a', { onError: fail('onError') })
    const caught = await uncaught(1, () => scope.timeout(fail('timeout'), 0))
    expect(caught).toEqual([new Error('onError')])
    await scope.close()
  })
})
