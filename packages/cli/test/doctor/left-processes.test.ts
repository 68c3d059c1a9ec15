// It looks at the whole machine: these tests look at their own processes, and repair nothing else.
import { connect, type Fleet } from '@oakum/core/fleet'
import { identify, newMark, selfIdentity } from '@oakum/core/process'
import { expect, it, onTestFinished } from 'vitest'
import { lives, sleepers, start, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import type { Diagnosis } from '../../src/doctor/finding.ts'
import { findLeftProcesses } from '../../src/doctor/left-processes.ts'
import { Machine } from '../../src/doctor/machine.ts'
import { repairAll } from '../../src/doctor/outcome.ts'

/** A pid that no system gives. */
const NOBODY = 4_194_304

/** A mark of a process that is gone. @param startTime When that started, in ticks. */
function markOfTheDead(startTime = 1): string {
  return newMark().replace(`-${selfIdentity().pid}-${selfIdentity().startTime}-`, `-${NOBODY}-${startTime}-`)
}

/** A process that carries marks, in an environment without any of this one's. */
function carrier(marks: string, ...command: string[]): number {
  return startWith({ OAKUM_MARKS: marks }, ...command)
}

function startWith(env: NodeJS.ProcessEnv, ...command: string[]): number {
  const words = command.length > 0 ? command : ['sleep', useToken()]
  return start('env', [...words], { env: { PATH: process.env.PATH, ...env } }).pid
}

async function findFor(pid: number, fleet: Fleet | null = null): Promise<Diagnosis | undefined> {
  const found = await findLeftProcesses(await Machine.look(fleet), fleet)
  return found.find(({ finding }) => finding.processes.some(({ identity }) => identity.pid === pid))
}

it('finds what carries marks of nobody but the dead, and ends it with all below it', async () => {
  const token = useToken()
  const pid = carrier(`${markOfTheDead()}:${markOfTheDead()}`, 'sh', '-c', `env -i sleep ${token} & wait`)
  const diagnosis = await until(async () => {
    const found = await findFor(pid)
    return found?.finding.processes.length === 2 ? found : undefined
  })
  expect(diagnosis.finding).toMatchObject({ code: 'PROCESS_LEFT', repairedBy: 'orphans' })
  expect(diagnosis.finding.why).toContain(`a mark of process ${NOBODY}, which is gone`)
  expect(diagnosis.finding.processes[0]).toMatchObject({ identity: { pid }, program: 'sh' })
  expect(await diagnosis.repair?.()).toBeUndefined()
  for (const { identity } of diagnosis.finding.processes) expect(lives(identity.pid)).toBe(false)
})

it.each([
  ['whose owner lives', () => newMark()],
  ['of which one owner lives', () => `${markOfTheDead()}:${newMark()}`],
  ['whose owner is not known here', () => '0123456789abcdef'],
  ['of another pid namespace', () => markOfTheDead().replace(/[^-]+$/, '00000000')],
  ['that are younger than itself', () => markOfTheDead(Number.MAX_SAFE_INTEGER)],
])('leaves alone what carries marks %s', async (_, marks) => {
  const [pid, control] = [carrier(marks()), carrier(markOfTheDead())]
  expect(await until(() => findFor(control))).toBeDefined()
  expect(await findFor(pid)).toBeUndefined()
})

it('leaves alone what is kept and agents that live, with all below them, also when that comes late', async () => {
  const fleet = await connect('memory:')
  onTestFinished(() => fleet.close({ release: false }))
  const [kept, agent, late] = [carrier(markOfTheDead()), carrier(markOfTheDead()), carrier(markOfTheDead())]
  await until(() => findFor(agent, fleet))
  await fleet.keep(kept)
  const process = identify(agent)
  if (process === null) throw new Error('The process is gone.')
  await fleet.register({ id: 'agent', process })
  expect([await findFor(kept, fleet), await findFor(agent, fleet)]).toEqual([undefined, undefined])

  const diagnosis = await findFor(late, fleet)
  await fleet.keep(late)
  expect(await diagnosis?.repair?.()).toBeUndefined()
  expect([kept, agent, late].map(lives)).toEqual([true, true, true])
})

it('leaves to people what may come from a process that was kept and has ended', async () => {
  const fleet = await connect('memory:')
  onTestFinished(() => fleet.close({ release: false }))
  const agent = await fleet.register({ id: 'ended' })
  const env = { ...agent.env, OAKUM_MARKS: markOfTheDead() }
  await agent.release()
  const before = startWith(env)
  await until(() => findFor(before, fleet))
  const kept = startWith(env)
  await fleet.keep(await until(() => identify(kept)))
  process.kill(kept, 'SIGKILL')
  await until(() => !lives(kept))
  const after = startWith(env)
  await until(() => findFor(after, fleet))
  const found = [(await findFor(before, fleet))?.finding, (await findFor(after, fleet))?.finding]
  expect(found).toMatchObject([
    { agent: 'ended', repairedBy: 'fix', processes: [{ identity: { pid: before } }] },
    { agent: 'ended', repairedBy: 'orphans', processes: [{ identity: { pid: after } }] },
  ])
})

it('ends what somebody has a terminal in only when it is named', async () => {
  const token = useToken()
  // As a tmux server that was started with the mark, and the shell in it.
  const pid = carrier(markOfTheDead(), 'script', '-qec', `sleep ${token}; true`, '/dev/null')
  await until(() => sleepers(token).length === 1)
  const diagnosis = await until(() => findFor(pid))
  expect(diagnosis.finding).toMatchObject({ severity: 'advice', repairedBy: 'pid' })
  expect(await repairAll([diagnosis], { foreign: true, named: false })).toMatchObject([{ fixed: null }])
  expect(lives(pid)).toBe(true)
  expect(await repairAll([diagnosis], { foreign: true, named: true })).toMatchObject([{ fixed: true }])
  expect(lives(pid)).toBe(false)
})
