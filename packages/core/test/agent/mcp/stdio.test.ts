import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { mcp } from '../../../src/agent/mcp/mcp.ts'
import { childrenOf, lives, pidsWith, sleepers, useToken } from '../../support/real-processes.ts'
import { until } from '../../support/until.ts'
import { open, program } from './servers.ts'

const server = program('stdio-server.ts')

describe('mcp over stdio', () => {
  it('has the tools of a server, calls them, and makes text of what they return', async () => {
    const { tools, call, said, scope } = await open(mcp(server))
    expect(tools.get('echo')).toMatchObject({
      name: 'echo',
      description: 'Says it again.',
      parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    })
    expect(await call('echo', { text: 'hello\n"you"' })).toBe('hello\n"you"')
    expect(await call('sum', { a: 1, b: 2 })).toBe('{"sum":3}')
    expect(await call('blocks')).toBe(
      'A picture:\n[image, image/png, 300 bytes]\n[notes](file:///notes.md): What was said.\n' +
        'file:///a.txt\ninside\n[file:///b.bin, application/zip, 3 bytes]',
    )
    await expect(call('fail')).rejects.toThrow('The disk is full.')
    await expect(call('echo', { text: 1 })).rejects.toThrow(/text/)
    expect(tools.get('echo')?.check([])).toEqual({ ok: false, problem: 'The arguments must be an object.' })
    expect(tools.get('echo')?.check({ text: 1 })).toEqual({ ok: true, value: { text: 1 } })

    // A line that is no message is left out.
    expect(await call('babble')).toBe('babbled')
    expect(await call('echo', { text: 'still here' })).toBe('still here')

    expect(said).toEqual([])
    expect(scope.snapshot().resources.map(({ kind }) => kind)).toEqual(['defer', 'process'])
    expect((await scope.close()).refused).toEqual([])
  })

  it('ends a call with its signal, tells the server, and hands on what it says of its progress', async () => {
    const { call, said } = await open(mcp(server))
    const controller = new AbortController()
    const waiting = call('wait', { name: 'one' }, controller.signal)
    await until(() => said.length === 2)
    expect(said).toEqual(['1 of 2\n', 'one waits\n'])
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    expect(await until(async () => (await call('cancelled')) === '["one"]')).toBe(true)
    await expect(call('echo', { text: 'x' }, controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('is lost when the server dies in a call, with its last words, though a grandchild keeps its pipes open', async () => {
    const token = useToken()
    const { call, lost, scope } = await open(mcp(server))
    const grandchild = Number(await call('start', { seconds: token }))
    const waiting = expect(call('wait', { name: 'two' })).rejects.toMatchObject({ code: 'MCP_FAILED' })
    const dying = expect(call('die')).rejects.toMatchObject({
      code: 'MCP_FAILED',
      message: expect.stringMatching(/^The MCP server fixture ended with code 3\. Its last words: .*out of cheese$/s),
      facts: { server: 'fixture', code: 3, signal: null },
    })
    await Promise.all([waiting, dying])
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ code: 'MCP_FAILED' })
    expect(lost).toMatchObject([{ code: 'MCP_FAILED', facts: { code: 3 } }])
    expect(lives(grandchild)).toBe(true)
    expect((await scope.close()).refused).toEqual([])
    expect(sleepers(token)).toEqual([])
  })

  it('is lost when a message is longer than its bound', async () => {
    const { call, lost } = await open(mcp({ ...server, maxMessageBytes: 100_000 }))
    await expect(call('flood')).rejects.toThrow('sent a line of more than 100000 bytes')
    expect(lost).toHaveLength(1)
  })

  it('is lost when the server asks without end, and reads no answers', async () => {
    const { call, lost } = await open(mcp(program('bare-server.ts')))
    await call('ask')
    await expect(call('wait')).rejects.toThrow('does not read what it is sent')
    expect(lost).toHaveLength(1)
  })
})

describe('mcp over stdio, when the server does not start', () => {
  it('fails with the reason when there is no such program, and when it ends', async () => {
    const missing = open(mcp({ name: 'none', command: '/nowhere/server' }))
    await expect(missing).rejects.toMatchObject({ code: 'MCP_FAILED', cause: { code: 'COMMAND_NOT_FOUND' } })
    const dead = open(mcp({ name: 'dead', command: 'sh', args: ['-c', 'echo no licence >&2; exit 9'] }))
    await expect(dead).rejects.toMatchObject({
      code: 'MCP_FAILED',
      message: 'The MCP server dead ended with code 9. Its last words: no licence',
    })
    await expect(open(mcp({ name: 'true', command: 'true' }))).rejects.toMatchObject({ facts: { code: 0 } })
  })

  it('gives up one that only babbles when its time is up, and leaves nothing of it', async () => {
    const token = useToken()
    const script = `echo 'Proceed? [y]'; sleep ${token} & sleep ${token}`
    const options = { name: 'asks', command: 'sh', args: ['-c', script], openTimeout: 500 }
    await expect(open(mcp(options))).rejects.toMatchObject({
      code: 'MCP_FAILED',
      message: 'The MCP server asks failed: It was not ready within 500 ms. Its last words: Proceed? [y]',
    })
    expect(pidsWith(token)).toEqual([])
  })

  it('stops at once when the signal aborts, and leaves nothing', async () => {
    const token = useToken()
    const controller = new AbortController()
    const before = childrenOf(process.pid).length
    const opening = open(
      mcp({ name: 'mute', command: 'sh', args: ['-c', `sleep ${token} & sleep ${token}`] }),
      controller.signal,
    )
    await until(() => sleepers(token).length === 2)
    controller.abort(new Error('never mind'))
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'never mind' } })
    expect(pidsWith(token)).toEqual([])
    expect(childrenOf(process.pid)).toHaveLength(before)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await expect(open(mcp(server), controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it.each([
    [{ name: '', command: 'x' }, 'name'],
    [{ name: 'x', command: 'x', openTimeout: -1 }, 'openTimeout'],
    [{ name: 'x', command: 'x', maxMessageBytes: 0 }, 'maxMessageBytes'],
    [{ name: 'x', command: 'x', url: 'http://localhost' }, 'either command or url'],
    [{ name: 'x', url: 'file:///etc' }, 'url'],
  ])('refuses options that cannot work: %j', (options, what) => {
    expect(() => mcp(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(what) }),
    )
  })
})
