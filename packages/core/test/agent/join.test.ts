import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AgentLoop, type AgentLoopOptions, type RunEvent, shell, tool } from '../../src/agent/index.ts'
import type { Agent, Fleet, RegisterOptions } from '../../src/fleet/index.ts'
import { identify } from '../../src/process/index.ts'
import { openFleet, quickCoordinator, refusal } from '../fleet/fleets.ts'
import { lives, start, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'
import { calls, says, scripted, stalls } from './scripted-model.ts'

const loops: AgentLoop[] = []
afterEach(async () => {
  await Promise.all(loops.splice(0).map(loop => loop.terminate()))
  expect(AgentLoop.counts.active).toBe(0)
})

function openLoop(options: AgentLoopOptions): AgentLoop {
  const loop = new AgentLoop(options)
  loops.push(loop)
  return loop
}

async function openJoined(options: AgentLoopOptions, register: Partial<RegisterOptions> = {}): Promise<Joined> {
  const fleet = await openFleet('sqlite')
  const agent = await fleet.register({ id: 'coder-1', ...register })
  const loop = openLoop(options)
  return { fleet, agent, loop, leave: loop.join(agent) }
}

interface Joined {
  fleet: Fleet
  agent: Agent
  loop: AgentLoop
  leave: () => Promise<void>
}

const listenersOf = (agent: Agent): number => getEventListeners(agent.signal, 'abort').length

/** Reads in the background. */
function readAll(events: AsyncIterable<RunEvent>): RunEvent[] {
  const seen: RunEvent[] = []
  void (async () => {
    for await (const event of events) seen.push(event)
  })().catch(() => undefined) // the result tells
  return seen
}

const code = (expected: string): unknown => expect.objectContaining({ code: expected })

const look = tool({ name: 'look', description: '', parameters: { type: 'object' }, execute: () => 'seen' })

/** What a command of the loop has in its environment. */
async function environmentOf(loop: AgentLoop): Promise<string> {
  const { items } = await loop.run('go').done
  const result = items.find(item => item.type === 'tool_result')
  return result?.type === 'tool_result' ? result.output : ''
}

function showEnvironment(): AgentLoopOptions {
  const asks = calls(['shell', { command: 'echo "shown: [$OAKUM_AGENT] $OAKUM_MARKS"' }])
  return { model: scripted(asks, says('done'), asks, says('done')), tools: [shell()] }
}

describe('a loop that is an agent of a fleet', () => {
  it('cancels its run when the agent is asked to stop, and begins no other', async () => {
    const { fleet, agent, loop } = await openJoined({ model: scripted(stalls('a'), says('b')) })
    const run = loop.run('hi')
    const seen = readAll(run)
    await until(() => seen.length === 2)
    await fleet.requestStop('coder-1')
    expect(await run.done).toMatchObject({ status: 'cancelled', text: 'a', error: code('STOP_REQUESTED') })
    expect(() => loop.run('again')).toThrow(code('STOP_REQUESTED'))
    expect(listenersOf(agent)).toBe(0)
    await agent.assertAlive() // it has time to finish
  })

  it('is terminated when the agent is fenced', async () => {
    const { pid } = start('sleep', [useToken()])
    const identity = identify(pid)
    if (identity === null) throw new Error('it has ended already')
    const { fleet, agent, loop } = await openJoined({ model: scripted(stalls('a')) }, { process: identity })
    const run = loop.run('hi')
    const seen = readAll(run)
    await until(() => seen.length === 2)
    process.kill(pid, 'SIGKILL')
    await until(() => !lives(pid))
    await quickCoordinator(fleet).sweep()
    expect(await refusal(() => agent.assertAlive())).toBe('FENCED')
    expect(await run.done).toMatchObject({ status: 'cancelled', error: code('FENCED') })
    expect(() => loop.run('again')).toThrow(code('LOOP_TERMINATED'))
    expect(listenersOf(agent)).toBe(0)
  })

  it('tells of progress with each turn, item and ended call, and not while nothing gets on', async () => {
    const model = scripted(calls(['look', {}]), says('a', 'b', 'c'), stalls('d', 'e', 'f'))
    const { agent, loop } = await openJoined({ model, tools: [look] })
    const progress = vi.spyOn(agent, 'progress')
    await loop.run('hi').done
    const told = [
      'turn_started',
      'item',
      'tool_finished',
      'item',
      'turn_finished',
      'turn_started',
      'item',
      'turn_finished',
    ]
    expect(progress).toHaveBeenCalledTimes(told.length)
    const seen = readAll(loop.run('go on'))
    await until(() => seen.length === 4)
    expect(progress).toHaveBeenCalledTimes(told.length + 1)
  })

  it('marks what its tools spawn, while it is one', async () => {
    const { agent, loop, leave } = await openJoined(showEnvironment())
    const mark = agent.env['OAKUM_MARKS']?.split(':').at(-1) ?? 'none'
    const environment = await environmentOf(loop)
    expect(environment).toContain('[coder-1]')
    expect(environment).toContain(mark)
    await leave()
    const later = await environmentOf(loop)
    expect(later).toContain('shown:')
    expect(later).not.toContain(mark)
  })

  it('leaves nothing when they part, and can be another agent then', async () => {
    const { fleet, agent, loop, leave } = await openJoined({ model: scripted(says('a')) })
    expect(listenersOf(agent)).toBe(1)
    await leave()
    await leave()
    expect(listenersOf(agent)).toBe(0)
    expect(loop.resources().listeners).toBe(0)
    fleet.stopRegistered()
    expect((await loop.run('hi').done).status).toBe('completed')
    const second = await fleet.register({ id: 'coder-2' })
    loop.join(second)
    await leave() // of the first alone
    expect(listenersOf(second)).toBe(1)
    await loop.terminate()
    expect(listenersOf(second)).toBe(0)
  })

  it('is refused where it could not be one', async () => {
    const { fleet, agent, loop, leave } = await openJoined({ model: scripted(says('a')) })
    expect(() => loop.join(agent)).toThrow(code('INVALID_OPTION'))
    await leave()
    fleet.stopRegistered()
    expect(() => loop.join(agent)).toThrow(code('STOP_REQUESTED'))
    const released = await fleet.register({ id: 'released' })
    await released.release()
    expect(() => loop.join(released)).toThrow(code('FENCED'))
    const third = await fleet.register({ id: 'third' })
    await loop.terminate()
    expect(() => loop.join(third)).toThrow(code('LOOP_TERMINATED'))
    expect([agent, released, third].map(listenersOf)).toEqual([0, 0, 0])
  })
})

/** A loop with a tool that has its work done by a child. */
async function openFamily(child: AgentLoopOptions): Promise<Joined> {
  const joined = await openJoined({
    model: scripted(calls(['ask', {}]), says('done')),
    tools: [
      tool({
        name: 'ask',
        description: '',
        parameters: { type: 'object' },
        execute: async (_args, { scope, signal }) => {
          const helper = await joined.loop.child({ ...child, id: 'coder-1.1', scope, register: { state: 'helping' } })
          return (await helper.run('help', { signal }).done).text
        },
      }),
    ],
  })
  return joined
}

describe('a child of a loop', () => {
  it('is a child in the fleet, which ends with the call that it works for', async () => {
    const { fleet, agent, loop } = await openFamily({ model: scripted(says('I helped')) })
    const registered = vi.spyOn(agent, 'child')
    const { items } = await loop.run('go').done
    expect(items).toContainEqual(expect.objectContaining({ type: 'tool_result', status: 'ok', output: 'I helped' }))
    expect((await registered.mock.results[0]?.value)?.phase).toBe('released')
    expect(await fleet.get('coder-1.1')).toBeNull()
    expect(AgentLoop.counts.active).toBe(1)
  })

  it('ends with its parent’s run, and its lease before its parent’s', async () => {
    const { fleet, agent, loop } = await openFamily({ model: scripted(stalls('I think')) })
    const { id, epoch } = agent
    const run = loop.run('go')
    readAll(run)
    const record = await until(() => fleet.get('coder-1.1'))
    expect(record).toMatchObject({ parent: { id, epoch }, state: 'helping' })
    await until(() => AgentLoop.counts.active === 2)
    await loop.cancel('enough')
    expect(await run.done).toMatchObject({ status: 'cancelled', refused: [] })
    expect(await fleet.get('coder-1.1')).toBeNull()
    expect(AgentLoop.counts.active).toBe(1)
    await agent.assertAlive()
  })

  it('leaves no loop when it cannot be registered', async () => {
    const { fleet, loop } = await openFamily({ model: scripted(says('a')) })
    await fleet.register({ id: 'coder-1.1' })
    const { items } = await loop.run('go').done
    expect(items).toContainEqual(expect.objectContaining({ type: 'tool_result', status: 'error' }))
    expect(AgentLoop.counts.active).toBe(1)
  })

  it('is a loop like any other where its parent is no agent', async () => {
    const { loop, leave } = await openFamily({ model: scripted(says('I helped')) })
    await leave()
    const { items } = await loop.run('go').done
    expect(items).toContainEqual(expect.objectContaining({ output: 'I helped' }))
  })
})
