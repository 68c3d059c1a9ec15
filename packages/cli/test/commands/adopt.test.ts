import { connect } from '@oakum/core/fleet'
import { expect, it } from 'vitest'
import { lives, pidsWith, sleepers, start, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'

it('makes an agent of a process, and stop ends its whole tree', async () => {
  const { url } = await createFixture()
  const token = useToken()
  const { pid } = start('sh', ['-c', `sleep ${token} & sleep ${token} & wait`])
  await until(() => sleepers(token).length === 2)
  expect(await executeHere(['adopt', String(pid), '--id', 'mine', '--store', url])).toEqual({
    code: 0,
    stdout: `Process ${pid} (sh) is agent mine now. To end it: oakum stop mine\n`,
    stderr: '',
  })
  const { stdout } = await executeHere(['status', '--json', '--store', url])
  expect(JSON.parse(stdout)).toMatchObject({ agents: [{ id: 'mine', state: 'adopted', process: { pid } }] })

  expect(await executeHere(['stop', 'mine', '--store', url])).toMatchObject({ code: 0, stderr: '' })
  await until(() => pidsWith(token).length === 0, { what: 'the tree is gone' })
  expect(await executeHere(['status', 'mine', '--store', url])).toMatchObject({ code: 1 })
})

it('kill ends what is deaf to SIGTERM, with all below it', async () => {
  const { url } = await createFixture()
  const token = useToken()
  const { pid } = start('sh', ['-c', `trap '' TERM; sleep ${token} & sleep ${token} & wait`])
  await until(() => sleepers(token).length === 2)
  const { stdout } = await executeHere(['adopt', String(pid), '--json', '--store', url])
  expect(JSON.parse(stdout)).toMatchObject({ id: `sh-${pid}`, process: { pid } })

  expect(await executeHere(['kill', `sh-${pid}`, '--store', url])).toMatchObject({ code: 0, stderr: '' })
  await until(() => pidsWith(token).length === 0, { what: 'the tree is gone' })
})

it('refuses what is an agent already, what is kept, what runs this command, and what is not there', async () => {
  const { url } = await createFixture()
  const [first, second] = [start('sleep', [useToken()]), start('sleep', [useToken()])]
  expect(await executeHere(['keep', String(second.pid), '--store', url])).toEqual({
    code: 0,
    stdout: `Process ${second.pid} (sleep) is kept, and everything below it\n`,
    stderr: '',
  })
  await executeHere(['adopt', String(first.pid), '--id', 'mine', '--store', url])
  const refused = async (pid: number): Promise<string> => {
    const { code, stderr } = await executeHere(['adopt', String(pid), '--store', url])
    expect(code).toBe(1)
    return stderr
  }
  expect(await refused(first.pid)).toMatch(/is agent mine already \(RESOURCE_REFUSED\)$/m)
  expect(await refused(second.pid)).toMatch(/is kept: Oakum never ends it/)
  expect(await refused(process.pid)).toMatch(/runs this command/)
  expect(await refused(1)).toMatch(/is PID 1/)
  expect(await refused(4_194_304)).toMatch(/No process has the pid 4194304 \(PROCESS_NOT_FOUND\)$/m)
  expect([first, second].map(({ pid }) => lives(pid))).toEqual([true, true])
})

it('keep takes all of its pids, or none', async () => {
  const { url } = await createFixture()
  const { pid } = start('sleep', [useToken()])
  expect(await executeHere(['keep', String(pid), '4194304', '--store', url])).toMatchObject({ code: 1, stdout: '' })
  expect(await executeHere(['keep', String(pid), '--json', '--store', url])).toMatchObject({ code: 0 })
  const fleet = await connect(url)
  expect(await fleet.kept()).toMatchObject([{ pid }])
  await fleet.close()
})

it('wants pids', async () => {
  expect(await executeHere(['adopt', 'claude'])).toMatchObject({ code: 2, stdout: '' })
  expect(await executeHere(['keep', '-1'])).toMatchObject({ code: 2, stdout: '' })
  expect(await executeHere(['keep'])).toMatchObject({ code: 2, stdout: '' })
})
