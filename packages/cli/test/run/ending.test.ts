import { DatabaseSync } from 'node:sqlite'
import { connect } from '@oakum/core/fleet'
import { describe, expect, it } from 'vitest'
import { childrenOf, sleepers, stat, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { gone, guardianOf, leaver, OAKUM, useRuns } from '../support/wrapper.ts'

/** A command that takes its time to end, says so, and says when it is ready. */
const DRAINS = 'trap "sleep 0.5; echo drained; exit 5" TERM INT HUP; echo ready; while :; do sleep 0.05; done'
const DEAF = 'trap "" TERM INT HUP; echo ready; while :; do sleep 0.05; done'

describe('when the command ends', () => {
  it('ends what it left behind, and the guardian, before oakum itself ends', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--', ...leaver(token, 'sleep 1'))
    await until(() => sleepers(token).length === 3)
    const guardian = await until(() => guardianOf(wrapper))
    expect(await wrapper.ended).toMatchObject({ code: 0, stderr: '' })
    expect(sleepers(token)).toEqual([])
    expect(stat(guardian)).toBeUndefined()
    expect(await runs.agents()).toEqual([])
  })

  it('keeps what it left behind with --keep, for good', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--keep', '--', ...leaver(token, 'sleep 1; echo ended'))
    const { code, stdout } = await wrapper.ended
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'ended\n' })
    expect(sleepers(token)).toHaveLength(3)
    const fleet = await connect(runs.store)
    await fleet.coordinator().sweep()
    await fleet.close()
    expect(sleepers(token)).toHaveLength(3)
  })

  it('ends what ignores SIGTERM as well', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--', 'sh', '-c', `(trap '' TERM; sleep ${token} & exec sleep ${token}) & sleep 0.5`)
    expect((await wrapper.ended).code).toBe(0)
    expect(sleepers(token)).toEqual([])
  })
})

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s reaches the command, which may drain', async signal => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'sh', '-c', DRAINS)
    await until(() => wrapper.stdout().includes('ready'))
    wrapper.child.kill(signal)
    const { code, stdout } = await wrapper.ended
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 5, stdout: 'ready\ndrained\n' })
    expect(await runs.agents()).toEqual([])
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends also what is deaf to it, at once', async signal => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--', ...leaver(token))
    await until(() => sleepers(token).length === 3)
    wrapper.child.kill(signal)
    const before = performance.now()
    await wrapper.ended
    expect(sleepers(token)).toEqual([])
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('is followed by SIGKILL when the time is up', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--timeout', '500ms', '--', 'sh', '-c', DEAF)
    await until(() => wrapper.stdout().includes('ready'))
    wrapper.child.kill('SIGTERM')
    expect((await wrapper.ended).code).toBe(137)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('when it is the second, %s, ends all now', async (signal, code) => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'sh', '-c', DEAF)
    await until(() => wrapper.stdout().includes('ready'))
    wrapper.child.kill('SIGTERM')
    await until(async () => (await runs.agents())[0]?.phase === 'draining')
    await new Promise(resolve => setTimeout(resolve, 350)) // one within 300 ms would count as the first's echo
    const before = performance.now()
    wrapper.child.kill(signal)
    expect((await wrapper.ended).code).toBe(code)
    expect(performance.now() - before).toBeLessThan(3_000)
  })

  it('that comes again within 300 ms counts once', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'sh', '-c', DRAINS)
    await until(() => wrapper.stdout().includes('ready'))
    wrapper.child.kill('SIGINT')
    wrapper.child.kill('SIGINT')
    expect(await wrapper.ended).toMatchObject({ code: 5 })
  })

  it('that comes again and again is a second one after 300 ms', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'sh', '-c', DEAF)
    await until(() => wrapper.stdout().includes('ready'))
    const again = setInterval(() => wrapper.child.kill('SIGTERM'), 150)
    const { code } = await wrapper.ended.finally(() => clearInterval(again))
    expect(code).toBe(143)
  })

  it.each([
    ['is an echo of the first', 0, 5],
    ['is a second one', 350, 143],
  ])('in the middle of the good-bye, with the store locked, %s', async (_, later, expected) => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.01; done')
    await until(() => wrapper.stdout().includes('ready'))
    // From then on the wrapper has nothing of its own to write: what is locked is its good-bye.
    await until(async () => (await runs.events('agent_registered')).length === 1)
    await new Promise(resolve => setTimeout(resolve, 200))
    const shell = childrenOf(wrapper.pid).find(pid => pid !== guardianOf(wrapper)) ?? 0
    const database = new DatabaseSync(`${runs.store.slice('sqlite:'.length)}/fleet.db`)
    database.exec('BEGIN IMMEDIATE')
    wrapper.child.kill('SIGTERM')
    await until(() => [undefined, 'Z'].includes(stat(shell)?.state))
    await new Promise(resolve => setTimeout(resolve, later))
    wrapper.child.kill('SIGTERM')
    await new Promise(resolve => setTimeout(resolve, 50))
    database.exec('COMMIT')
    database.close()
    const { code, stderr } = await wrapper.ended
    expect(code).toBe(expected)
    expect(stderr).not.toContain('oakum')
    if (later === 0) expect(await runs.agents()).toEqual([])
  })
})

describe('the fleet', () => {
  it('sees the agent with its labels, and its request to stop is a first signal', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--id', 'coder', '--label', 'a=1', '--label', 'b=2=3', '--', 'sh', '-c', DRAINS)
    await until(() => wrapper.stdout().includes('ready'))
    const fleet = await connect(runs.store)
    expect(await fleet.get('coder')).toMatchObject({ labels: { a: '1', b: '2=3' }, state: 'running' })
    await fleet.requestStop('coder')
    expect(await wrapper.ended).toMatchObject({ code: 5 })
    expect(await fleet.get('coder')).toBeNull()
    await fleet.close()
  })

  it('refuses a second agent of the same id', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--id', 'coder', '--', 'sh', '-c', DRAINS)
    await until(() => wrapper.stdout().includes('ready'))
    const second = await runs.run('--id', 'coder', '--', 'echo', 'started').ended
    expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(AGENT_EXISTS\)\n$/) })
    expect(second.stdout.toString()).toBe('')
  })

  it('ends the wrapper and all it owns by oakum kill', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--id', 'coder', '--', ...leaver(token))
    await until(() => sleepers(token).length === 3)
    const killed = await runs.start({ args: ['kill', 'coder'] }).ended
    expect(killed).toMatchObject({ code: 0, stderr: '' })
    await wrapper.ended
    expect(sleepers(token)).toEqual([])
    expect(await runs.agents()).toEqual([])
  })
})

describe('a run inside a run', () => {
  it('goes with the outer one', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--id', 'outer', '--', ...OAKUM, 'run', '--id', 'inner', '--', ...leaver(token))
    await until(() => sleepers(token).length === 3)
    wrapper.child.kill('SIGTERM')
    await wrapper.ended
    expect(sleepers(token)).toEqual([])
    expect(await runs.agents()).toEqual([])
  })

  it('leaves the outer one alone when it ends', async () => {
    const runs = await useRuns()
    const token = useToken()
    const inner = [...OAKUM, 'run', '--', 'true'].map(word => `'${word}'`).join(' ')
    const wrapper = runs.run('--', 'sh', '-c', `sleep ${token} & ${inner}; echo between; sleep 1; wait`)
    await until(() => wrapper.stdout().includes('between'))
    expect(sleepers(token)).toHaveLength(1)
    wrapper.child.kill('SIGTERM')
    await wrapper.ended
    expect(sleepers(token)).toEqual([])
  })

  it('dies with the outer one that was killed', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--', ...OAKUM, 'run', '--', ...leaver(token))
    await until(() => sleepers(token).length === 3)
    const guardian = await until(() => guardianOf(wrapper))
    wrapper.child.kill('SIGKILL')
    await until(() => sleepers(token).length === 0)
    await gone(guardian)
  })
})

describe('the wrapper', () => {
  it('has no child beside the command and the guardian, and no descriptor of theirs', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.run('--', 'sleep', token)
    await until(() => sleepers(token).length === 1)
    expect(childrenOf(wrapper.pid)).toHaveLength(2)
    wrapper.child.kill('SIGTERM')
    expect((await wrapper.ended).code).toBe(143)
  })
})
