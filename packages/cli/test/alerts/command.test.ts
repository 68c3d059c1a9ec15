import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProcessTable } from '@oakum/core/process'
import { Scope } from '@oakum/core/scope'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../core/test/support/sqlite.ts'
import { until } from '../../../core/test/support/until.ts'
import { sendByCommand } from '../../src/alerts/command.ts'
import { alert } from './support.ts'

const never = new AbortController().signal

function open(): Scope {
  const scope = new Scope('test')
  onTestFinished(() => void scope.close())
  return scope
}

describe('sendByCommand', () => {
  it('gives the alert as JSON on stdin, and its parts in the environment', async () => {
    const file = join(temporaryFolder(), 'said')
    const scope = open()
    await sendByCommand(`cat > '${file}'; echo "$OAKUM_ALERT $OAKUM_ALERT_AGENT" >> '${file}'`, scope)(
      alert('1'),
      never,
    )
    const [json = '', words] = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(JSON.parse(json)).toEqual(alert('1'))
    expect(words).toBe('agent_quarantined coder-1')
    expect(scope.snapshot().resources).toEqual([])
  })

  it.each([
    ['echo oops >&2; exit 3', /it exited with 3: oops$/],
    ['kill -9 $$', /it was ended by SIGKILL$/],
    ['no-such-command-anywhere', /it exited with 127: .*not found$/],
  ])('fails when %j does', async (command, message) => {
    const sending = sendByCommand(command, open())(alert('1'), never)
    await expect(sending).rejects.toMatchObject({ code: 'ALERT_NOT_SENT', message: expect.stringMatching(message) })
  })

  it('ends one that takes too long, with all that it started', async () => {
    const file = join(temporaryFolder(), 'pid')
    const command = `sleep 1000 & echo $! > '${file}'; trap '' TERM; wait; sleep 1000`
    const sending = sendByCommand(command, open(), { timeout: 300 })(alert('1'), never)
    await expect(sending).rejects.toMatchObject({ message: expect.stringContaining('longer than 0.3 s') })
    expect(ProcessTable.read().get(Number(readFileSync(file, 'utf8')))?.state ?? 'gone').toMatch(/gone|zombie/)
  })

  it('ends when there is no more time', async () => {
    const file = join(temporaryFolder(), 'started')
    const controller = new AbortController()
    const sending = sendByCommand(`touch '${file}'; sleep 1000`, open())(alert('1'), controller.signal)
    const settled = expect(sending).rejects.toMatchObject({ message: expect.stringContaining('no more time') })
    await until(() => existsSync(file))
    controller.abort()
    await settled
    await expect(sendByCommand('true', open())(alert('1'), controller.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })
})
