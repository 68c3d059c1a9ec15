/**
 * Opened, used and closed again and again, neither kind of server leaves anything: no process, descriptor, socket, timer, nor a
 * listener on the signal that outlives them all. The same cycle without its close is caught by each count.
 *
 * OAKUM_MCP_CYCLES sets how often; each start of a program takes some 0.15 s.
 */
import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { mcp } from '../../../src/agent/mcp/mcp.ts'
import type { ToolSource } from '../../../src/agent/tools/tool.ts'
import { Scope } from '../../../src/scope/index.ts'
import { message, startProgram } from '../../support/fixture-program.ts'
import { heapSlope } from '../../support/heap-slope.ts'
import { childrenOf } from '../../support/real-processes.ts'
import { until } from '../../support/until.ts'
import { program } from './servers.ts'

const CYCLES = Number(process.env.OAKUM_MCP_CYCLES ?? 3)

/** Outlives all cycles. */
const parent = new AbortController()

/** Opens, calls, cancels a call, and leaves another pending; whoever asked has to close the scope. */
async function cycle(source: ToolSource, scope: Scope): Promise<void> {
  const tools = await source.open(scope, { signal: parent.signal, onLost() {}, onChanged() {} })
  const execute = async (name: string, args: object, signal: AbortSignal): Promise<unknown> =>
    tools.find(tool => tool.name === name)?.execute(args, { signal, scope, callId: '1', output() {} })
  expect(await execute('echo', { text: 'hello' }, parent.signal)).toBe('hello')
  const call = new AbortController()
  const cancelled = execute('wait', { name: 'x' }, call.signal)
  const pending = execute('wait', { name: 'x' }, parent.signal)
  call.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' })
  pending.catch(() => {})
}

async function closed(source: ToolSource): Promise<void> {
  const scope = new Scope('cycle')
  await cycle(source, scope)
  expect((await scope.close()).refused).toEqual([])
}

const bare = mcp(program('bare-server.ts'))

it('leaves nothing of a program, and is caught when it is not closed', async () => {
  await closed(bare) // what is made once: modules, streams of this process
  const children = childrenOf(process.pid).length
  const { before, after } = await heapSlope(() => closed(bare), { cycles: CYCLES, windows: 2, warmup: 0 })
  expect(after).toEqual(before)
  expect(childrenOf(process.pid)).toHaveLength(children)
  expect(getEventListeners(parent.signal, 'abort')).toEqual([])

  const scope = new Scope('planted')
  const planted = await heapSlope(() => cycle(bare, scope.child('cycle')), { cycles: 2, windows: 2, warmup: 0 })
  expect(planted.after.descriptors - planted.before.descriptors).toBe(2 * 3)
  expect(planted.after.resources.length).toBeGreaterThan(planted.before.resources.length)
  expect(childrenOf(process.pid)).toHaveLength(children + 2)
  expect(getEventListeners(parent.signal, 'abort')).toHaveLength(2)
  await scope.close()
  expect(childrenOf(process.pid)).toHaveLength(children)
  expect(getEventListeners(parent.signal, 'abort')).toEqual([])
})

it('leaves nothing of an address, here or there, and is caught when it is not closed', async () => {
  const server = startProgram(new URL('fixtures/http-server.ts', import.meta.url))
  const port = String(await message(server))
  const source = mcp({
    name: 'remote',
    url: `http://127.0.0.1:${port}/mcp`,
    headers: { authorization: 'Bearer secret' },
  })
  const counts = async (): Promise<unknown> => {
    const answer = message(server)
    server.send('counts')
    return answer
  }
  const isQuiet = async (): Promise<boolean> => Object(await counts()).sockets === 0
  await closed(source)
  const { before, after } = await heapSlope(() => closed(source), { cycles: 4 * CYCLES, windows: 4 })
  expect(after).toEqual(before)
  expect(getEventListeners(parent.signal, 'abort')).toEqual([])
  await until(isQuiet)
  expect(await counts()).toMatchObject({ sessions: 0, open: 0 })

  const scope = new Scope('planted')
  const planted = await heapSlope(() => cycle(source, scope.child('cycle')), { cycles: 2, windows: 2, warmup: 0 })
  expect(planted.after.descriptors).toBeGreaterThan(planted.before.descriptors)
  expect(planted.after.resources.length).toBeGreaterThan(planted.before.resources.length)
  expect(getEventListeners(parent.signal, 'abort')).toHaveLength(2)
  expect(await counts()).toMatchObject({ sessions: 2 })
  await scope.close()
  await until(isQuiet)
})
