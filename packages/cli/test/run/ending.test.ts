import { connect } from '@oakum/core/fleet'
import { describe, expect, it } from 'vitest'
import { childrenOf, sleepers, stat, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { sendTogether, sendUntilEnded } from '../support/signals.ts'
import { gone, guardianOf, leaver, OAKUM, useRuns } from '../support/wrapper.ts'

/** A command that takes its time to end, says so, and says when it is ready. */
const DRAINS = 'trap "sleep 0.5; echo drained; exit 5" TERM INT HUP; echo ready; while :; do sleep 0.05; done'
const DEAF = 'trap "" TERM INT HUP; echo ready; while :; do sleep 0.05; done'

describe('when the command ends', () => {
  it('ends what it left behind, and the guardian, before oakum itself ends', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.runWithStdin('--', ...leaver(token, 'read _; exit 0'))
    await until(() => sleepers(token).length === 3)
    const guardian = await until(() => guardianOf(wrapper))
    wrapper.child.stdin?.end()
    expect(await wrapper.ended).toMatchObject({ code: 0, stderr: '' })
    expect(sleepers(token)).toEqual([])
    expect(stat(guardian)).toBeUndefined()
    expect(await runs.agents()).toEqual([])
  })

  it('keeps what it left behind with --keep, for good', async () => {
    const runs = await useRuns()
    const token = useToken()
    const wrapper = runs.runWithStdin('--keep', '--', ...leaver(token, 'read _; echo ended'))
    await until(() => sleepers(token).length === 3)
    wrapper.child.stdin?.end()
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
    const deaf = `(trap '' TERM; sleep ${token} & exec sleep ${token}) & read _; exit 0`
    const wrapper = runs.runWithStdin('--', 'sh', '-c', deaf)
    await until(() => sleepers(token).length === 2)
    wrapper.child.stdin?.end()
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
    const wrapper = runs.run('--timeout', '1h', '--', ...leaver(token)) // who waited for that would never end here
    await until(() => sleepers(token).length === 3)
    wrapper.child.kill(signal)
    await wrapper.ended
    expect(sleepers(token)).toEqual([])
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
    const wrapper = runs.run('--timeout', '1h', '--', 'sh', '-c', DEAF)
    await until(() => wrapper.stdout().includes('ready'))
    wrapper.child.kill('SIGTERM')
    await until(async () => (await runs.agents())[0]?.phase === 'draining')
    expect(await sendUntilEnded(wrapper.child, signal)).toBe(code)
  })

  it('that comes again at once counts once', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'sh', '-c', DRAINS)
    await until(() => wrapper.stdout().includes('ready'))
    sendTogether(wrapper.child, 'SIGINT', 'SIGTERM')
    expect(await wrapper.ended).toMatchObject({ code: 5 })
  })

  it('that comes again and again is a second one after 300 ms', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--timeout', '1h', '--', 'sh', '-c', DEAF)
    await until(() => wrapper.stdout().includes('ready'))
    expect(await sendUntilEnded(wrapper.child, 'SIGTERM')).toBe(143)
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
