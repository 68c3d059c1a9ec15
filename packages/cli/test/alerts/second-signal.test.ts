import { connect } from '@oakum/core/fleet'
import { expect, it } from 'vitest'
import { pidsWith, sleepers, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { createFixture } from '../support/fixture.ts'
import { startOakum } from '../support/oakum.ts'
import { sendUntilEnded } from '../support/signals.ts'

it('a second signal that ends oakum up at once ends the alert command with it, and all that it started', async () => {
  const { url } = await createFixture()
  const token = useToken()
  // Deaf to SIGTERM, and one of them in a session of its own.
  const command = `trap '' TERM; setsid sleep ${token} & sleep ${token}; true`
  const { child, said } = startOakum(['up', '--store', url, '--alert-command', command])
  await until(() => said.stderr.includes('watching'))
  const fleet = await connect(url)
  await fleet.events.append([{ type: 'memory_leak_detected', agent: 'coder-1' }])
  await fleet.close()
  await until(() => sleepers(token).length === 2)
  expect(await sendUntilEnded(child, 'SIGTERM')).toBe(143)
  expect(pidsWith(token)).toEqual([])
})
