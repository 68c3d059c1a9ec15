import type { ChildProcess } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { mcp } from '../../../src/agent/mcp/mcp.ts'
import type { ToolSource } from '../../../src/agent/tools/tool.ts'
import { message, startProgram } from '../../support/fixture-program.ts'
import { until } from '../../support/until.ts'
import type { Counts } from './fixtures/http-server.ts'
import { open } from './servers.ts'

async function startServer(): Promise<{ server: ChildProcess; source: ToolSource; at: (path: string) => ToolSource }> {
  const server = startProgram(new URL('fixtures/http-server.ts', import.meta.url))
  const port = String(await message(server))
  const at = (path: string): ToolSource =>
    mcp({
      name: 'remote',
      url: `http://127.0.0.1:${port}${path}`,
      headers: { authorization: 'Bearer secret' },
      openTimeout: path === '/mute' ? 300 : 30_000,
    })
  return { server, source: at('/mcp'), at }
}

async function ask(server: ChildProcess, command = 'counts'): Promise<Counts> {
  const answer = message(server)
  server.send(command)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fixture's
  return (await answer) as Counts
}

describe('mcp over HTTP', () => {
  it('has the tools of a server, hears of changes, and ends its session and its sockets with the scope', async () => {
    const { server, source } = await startServer()
    const { tools, call, lost, scope } = await open(source)
    expect(await call('echo', { text: 'hello' })).toBe('hello')
    await expect(call('fail')).rejects.toThrow('The disk is full.')
    await call('learn')
    await until(() => tools.has('learned'))
    expect(await call('learned')).toBe('learned')
    const during = await ask(server)
    expect(during).toMatchObject({ sessions: 1, open: 1 }) // the stream of what it says unasked
    expect((await scope.close()).refused).toEqual([])
    expect(await until(async () => (await ask(server)).sockets === 0)).toBe(true)
    expect(await ask(server)).toMatchObject({ sessions: 0, open: 0, deleted: 1 })
    expect(lost).toEqual([])
  })

  it('closes the stream of a call that is cancelled, and all of them with the scope in the middle of calls', async () => {
    const { server, source } = await startServer()
    const { call, said, scope } = await open(source)
    const controller = new AbortController()
    const waiting = expect(call('wait', { name: 'one' }, controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
    await until(() => said.length === 2)
    expect(await ask(server)).toMatchObject({ open: 2 })
    controller.abort()
    await waiting
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await until(async () => (await ask(server)).open === 1)
    await until(async () => (await ask(server)).cancelled.includes('one'))

    const cut = expect(call('wait', { name: 'two' })).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
    await until(() => said.length === 4)
    expect((await scope.close()).refused).toEqual([])
    await cut
    await until(async () => (await ask(server)).sockets === 0)
    expect(await ask(server)).toMatchObject({ sessions: 0, open: 0, deleted: 1 })
  })

  it('cancels at the server what fails without its answer', async () => {
    const { server, at } = await startServer()
    const ends = [
      { path: '/mcp', how: 'cut', says: 'without an answer' },
      { path: '/mcp', how: 'end', says: 'without an answer' },
      { path: '/json', how: 'cut', says: 'socket hang up' },
    ]
    for (const { path, how, says } of ends) {
      const { call, lost, scope } = await open(at(path))
      const name = `${how} at ${path}`
      const said: unknown = expect.stringContaining(says)
      const failed = expect(call('wait', { name })).rejects.toMatchObject({ code: 'MCP_FAILED', message: said })
      await until(async () => (await ask(server)).waiting.includes(name))
      await ask(server, how)
      await failed
      await until(async () => (await ask(server)).cancelled.includes(name))
      expect(await call('echo', { text: 'still there' })).toBe('still there')
      await until(async () => (await ask(server)).open === 1)
      expect(lost).toEqual([])
      await scope.close()
    }
  })

  it('leaves nothing of a cancellation that the server does not take', async () => {
    const { server, source } = await startServer()
    const { call, said, lost } = await open(source)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const failed = expect(call('wait', { name: 'x' })).rejects.toMatchObject({ code: 'MCP_FAILED' })
    await until(() => said.length === 2)
    await ask(server, 'deaf')
    await ask(server, 'cut')
    await failed
    await until(async () => (await ask(server)).open === 2)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(5_000)
    await until(async () => (await ask(server)).open === 1)
    expect(vi.getTimerCount()).toBe(0)
    await ask(server, 'hear')
    expect(await call('echo', { text: 'still there' })).toBe('still there')
    expect(lost).toEqual([])
  })

  it('is lost when the server forgets its session, and when it is gone', async () => {
    const { server, source } = await startServer()
    const forgotten = await open(source)
    await ask(server, 'forget')
    await expect(forgotten.call('echo', { text: 'x' })).rejects.toMatchObject({ code: 'MCP_FAILED', message: /404/ })
    expect(forgotten.lost).toMatchObject([{ code: 'MCP_FAILED' }])
    const again = await open(source)
    expect(await again.call('echo', { text: 'x' })).toBe('x')

    const cut = expect(again.call('wait', { name: 'x' })).rejects.toMatchObject({ code: 'MCP_FAILED' })
    await until(() => again.said.length === 2)
    server.kill('SIGKILL')
    await cut
    // Nobody calls; the stream of what it says unasked is enough to tell.
    await until(() => again.lost.length === 1)
    expect(String(again.lost[0])).toContain('ECONNREFUSED')
    await expect(again.call('echo', { text: 'x' })).rejects.toMatchObject({ code: 'MCP_FAILED' })
    await expect(open(source)).rejects.toMatchObject({ code: 'MCP_FAILED', facts: { server: 'remote' } })
    expect((await again.scope.close()).refused).toEqual([])
  })

  it('uses a server that has POST only, with sessions and without', async () => {
    const { server, at } = await startServer()
    for (const path of ['/post-only', '/post-only/stateless']) {
      const { missing } = await ask(server)
      const { tools, call, lost, scope } = await open(at(path))
      expect(tools.has('echo')).toBe(true)
      expect(await call('echo', { text: 'one' })).toBe('one')
      await until(async () => (await ask(server)).missing === missing + 1) // what would have listened
      await until(async () => (await ask(server)).open === 0)
      expect(await call('echo', { text: 'two' })).toBe('two')
      expect(lost).toEqual([])
      expect((await scope.close()).refused).toEqual([])
      await until(async () => (await ask(server)).sockets === 0)
    }
  })

  it('fails what is not found where there is no session to forget, and is not lost', async () => {
    const { server, at } = await startServer()
    const { call, lost } = await open(at('/post-only/stateless'))
    await ask(server, 'hide')
    const failure = { code: 'MCP_FAILED', message: /It answered 404 at http.*There is nothing\./ }
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject(failure)
    await expect(open(at('/mcp'))).rejects.toMatchObject(failure)
    await ask(server, 'show')
    expect(await call('echo', { text: 'x' })).toBe('x')
    expect(lost).toEqual([])
  })

  it('fails with the reason when there is no server of the protocol, or none that answers', async () => {
    const { server, at } = await startServer()
    await expect(open(at('/html'))).rejects.toThrow('Unexpected content type: text/html')
    await expect(open(at('/mute'))).rejects.toThrow('not ready within 300 ms')
    await expect(open(at('/asks'))).rejects.toThrow('does not take what it is sent')
    // Of a page its head and tail are enough.
    await expect(open(at('/page'))).rejects.toMatchObject({
      message: /^.{1,1200}\n… \d+ bytes left out …\n.{1,1200}$/s,
    })
    const controller = new AbortController()
    const opening = open(at('/mute?2'), controller.signal)
    await until(async () => (await ask(server)).open > 0)
    controller.abort()
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await until(async () => (await ask(server)).sockets === 0)
  })
})
