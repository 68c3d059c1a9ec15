import { expect, it } from 'vitest'
import { AgentLoop, mcp, type RunEvent } from '../../../src/agent/index.ts'
import { childrenOf, pidsWith, sleepers, useToken } from '../../support/real-processes.ts'
import { until } from '../../support/until.ts'
import { calls, says, scripted } from '../scripted-model.ts'
import { program } from './servers.ts'

it('is started by the first run that wants it, outlives a cancel in a call, and goes with the loop', async () => {
  const before = childrenOf(process.pid)
  const model = scripted(
    calls(['echo', { text: 'hello' }]),
    calls(['wait', { name: 'one' }]),
    calls(['cancelled', {}]),
    calls(['die', {}]),
    says('It died.'),
    calls(['echo', { text: 'back' }]),
    says('It is back.'),
  )
  const loop = new AgentLoop({ model, tools: [mcp(program('stdio-server.ts'))] })
  expect(childrenOf(process.pid)).toEqual(before)

  const events: RunEvent[] = []
  for await (const event of loop.run('go')) {
    events.push(event)
    if (event.type === 'tool_output' && event.text === 'one waits\n') break
  }
  expect(events.filter(({ type }) => type === 'tool_output')).toHaveLength(2)
  const held = { streams: 0, timers: 0, processes: 1, pendingCalls: 0, generation: 1 }
  expect(loop.resources()).toMatchObject(held)

  expect((await loop.run('and now?').done).text).toBe('It died.')
  expect(outputs(loop)).toEqual([
    'hello',
    expect.stringContaining('aborted'),
    '["one"]',
    expect.stringContaining('ended with code 3'),
  ])
  expect((await loop.run('again').done).text).toBe('It is back.')
  expect(outputs(loop).at(-1)).toBe('back')

  expect((await loop.terminate()).refused).toEqual([])
  expect(childrenOf(process.pid)).toEqual(before)
})

it('leaves nothing when the run is cancelled while it starts', async () => {
  const token = useToken()
  const mute = mcp({ name: 'mute', command: 'sh', args: ['-c', `sleep ${token} & sleep ${token}`] })
  await using loop = new AgentLoop({ model: scripted(says('hi')), tools: [mute] })
  const { done } = loop.run('go')
  await until(() => sleepers(token).length === 2)
  expect(loop.resources()).toMatchObject({ processes: 1 })
  expect((await loop.cancel('never mind')).refused).toEqual([])
  expect(pidsWith(token)).toEqual([])
  expect(loop.resources()).toMatchObject({ processes: 0, timers: 0, listeners: 0 })
  expect(await done).toMatchObject({ status: 'cancelled', error: 'never mind', turns: 0 })
})

function outputs(loop: AgentLoop): string[] {
  return loop.history.flatMap(item => (item.type === 'tool_result' ? [item.output] : []))
}
