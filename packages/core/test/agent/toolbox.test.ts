import { describe, expect, it } from 'vitest'
import { type OpenOptions, tool, type ToolSource } from '../../src/agent/index.ts'
import { until } from '../support/until.ts'
import { openLoop, terminateLoops } from './loops.ts'
import { says, scripted } from './scripted-model.ts'

terminateLoops()

const note = tool({ name: 'note', description: '', parameters: { type: 'object' }, execute: () => 'noted' })

/** A source with one tool, which remembers how it was opened. */
function source(open: ToolSource['open'] = async () => [note]): ToolSource & { readonly opened: OpenOptions[] } {
  const opened: OpenOptions[] = []
  return {
    name: 'files',
    opened,
    open: (scope, options) => {
      opened.push(options)
      return open(scope, options)
    },
  }
}

describe('a source of tools', () => {
  it('that tells again of its loss does not take from the loop what was opened since', async () => {
    const model = scripted(says('a'))
    const files = source()
    const loop = openLoop({ model, tools: [files] })
    await loop.run('1').done
    files.opened[0]?.onLost(new Error('died'))
    await loop.run('2').done
    files.opened[0]?.onLost(new Error('died'))
    await loop.run('3').done
    expect(files.opened).toHaveLength(2)
    expect(model.requests.map(({ tools }) => tools.length)).toEqual([1, 1, 1])
  })

  it('that could not be opened is opened anew, whatever it says of its tools later', async () => {
    const model = scripted(says('a'))
    let fails = true
    const files = source(async () => {
      if (!fails) return [note]
      throw new Error('no such program')
    })
    const loop = openLoop({ model, tools: [files] })
    expect(await loop.run('1').done).toMatchObject({ status: 'failed', error: { message: 'no such program' } })
    files.opened[0]?.onChanged([])
    fails = false
    expect((await loop.run('2').done).status).toBe('completed')
    expect(model.requests.map(({ tools }) => tools.length)).toEqual([1])
  })

  it('that is lost while it opens fails the run, with why', async () => {
    const files = source(async (_, { onLost }) => {
      onLost(new Error('died at once'))
      return [note]
    })
    const loop = openLoop({ model: scripted(says('a')), tools: [files] })
    expect(await loop.run('1').done).toMatchObject({ status: 'failed', error: { message: 'died at once' } })
  })

  it('that fails to open is told by that, also when it cannot be closed either', async () => {
    const files = source(async scope => {
      scope.defer(() => {
        throw new Error('cannot be closed')
      })
      throw new Error('cannot be opened')
    })
    const loop = openLoop({ model: scripted(says('a')), tools: [files] })
    expect(await loop.run('1').done).toMatchObject({ status: 'failed', error: { message: 'cannot be opened' } })
  })

  it('that ignores its signal is what a cancel names when the time is up', async () => {
    const files = source(() => gate.promise)
    const gate = Promise.withResolvers<never>()
    const loop = openLoop({ model: scripted(says('a')), tools: [files] })
    const { done } = loop.run('1')
    await until(() => files.opened.length === 1)
    const { refused } = await loop.cancel('enough', { deadline: 20 })
    expect(refused.map(({ path }) => path)).toEqual(['agent/run 1/open files'])
    expect(await done).toMatchObject({ status: 'cancelled', error: 'enough', refused })
    gate.reject(new Error('late'))
  })
})
