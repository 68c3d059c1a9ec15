import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@oakum/core/fleet'
import { expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { ALERT_TYPES, toAlert } from '../../src/alerts/alert.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { startOakum } from '../support/oakum.ts'

it('oakum up tells of an alert, says when it could not, and watches on', async () => {
  const { url, folder } = await createFixture()
  const file = join(folder, 'alerts')
  const command = `cat >> '${file}'; test "$OAKUM_ALERT_AGENT" != coder-2`
  const { child, said, done } = startOakum(['up', '--store', url, '--alert-command', command])
  await until(() => said.stderr.includes('watching'))
  const fleet = await connect(url)
  const alerts = (): unknown[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map(line => JSON.parse(line))
      : []
  try {
    await fleet.events.append([
      { type: 'memory_leak_detected', agent: 'coder-2' },
      { type: 'agent_registered', agent: 'coder-1' },
      { type: 'system_alert', agent: 'coder-1', data: { alert: 'agent_quarantined', text: 'words of its own' } },
    ])
    await until(() => alerts().length === 2)
  } finally {
    await fleet.close()
  }
  expect(alerts()).toMatchObject([
    { alert: 'memory_leak_detected', severity: 'critical', text: 'coder-2: memory grows and grows', store: url },
    { alert: 'agent_quarantined', agent: 'coder-1', text: 'words of its own' },
  ])
  child.kill('SIGTERM')
  const { code, stderr } = await done
  expect(code).toBe(0)
  expect(stderr).toMatch(/The alert command failed for memory_leak_detected: it exited with 1 \(ALERT_NOT_SENT\)/)
})

it('oakum up refuses a webhook that is none before it starts', async () => {
  const { url } = await createFixture()
  const refused = await executeHere(['up', '--once', '--store', url, '--alert-webhook', 'hooks.example/s3cret'])
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.not.stringContaining('s3cret') })
})

it('says of a leak how much it is, and of one that is over why', () => {
  const data = { agents: [{ id: 'coder-7' }], growth: 132 * 1_024 * 1_024, window: 300_000 }
  const leak = { seq: 1, id: 'x', agent: 'coder-7', time: 0 }
  expect(toAlert({ ...leak, type: 'memory_leak_detected', data }, 'memory:')?.text).toBe(
    'coder-7: memory grows and grows (coder-7 grew by 132 MiB in 5m)',
  )
  const over = toAlert({ ...leak, type: 'memory_leak_cleared', data: { ...data, reason: 'settled' } }, 'memory:')
  expect(over).toMatchObject({ severity: 'resolved', text: expect.stringContaining('is over (settled: coder-7') })
})

it('knows an alert by its type alone, and says each in words', () => {
  for (const type of ALERT_TYPES) {
    const alert = toAlert({ seq: 1, id: 'x', type, time: 0, data: {} }, 'memory:')
    expect(alert?.text).toMatch(/^[\w ]+: .+/)
  }
  expect(toAlert({ seq: 1, id: 'x', type: 'agent.output', time: 0, data: { alert: 'faked' } }, 'memory:')).toBeNull()
})
