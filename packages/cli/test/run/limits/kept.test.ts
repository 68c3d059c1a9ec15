import { once } from 'node:events'
import { newMark, MARKS_VARIABLE } from '@oakum/core/process'
import { expect, it } from 'vitest'
import { message, startProgram } from '../../../../core/test/support/fixture-program.ts'
import { childrenOf, lives, sleepers, start, useToken } from '../../../../core/test/support/real-processes.ts'
import { until } from '../../../../core/test/support/until.ts'

it('spares what is kept, and ends the rest of the tree', async () => {
  const [token, keptToken] = [useToken(), useToken()]
  const mark = newMark()
  // It goes on when it gets SIGUSR1, and grows to twelve processes.
  const script = `trap 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep ${token} & done' USR1
    sleep ${keptToken} & while :; do wait; sleep 0.05; done`
  const root = start('sh', ['-c', script], { env: { ...process.env, [MARKS_VARIABLE]: mark } })
  const [kept = 0] = await until(() => (sleepers(keptToken).length === 1 ? childrenOf(root.pid) : null))

  const holder = startProgram(new URL('fixtures/hold.ts', import.meta.url), `${root.pid}`, `${kept}`, mark, '8')
  expect(await message(holder)).toBe('watching')
  process.kill(root.pid, 'SIGUSR1')
  expect(await message(holder)).toMatchObject({ limit: 'processes', allowed: 8 })
  expect(sleepers(token)).toEqual([])
  // Nothing of the watch keeps it running: neither a thread nor a timer.
  if (holder.exitCode === null) await once(holder, 'exit')
  expect(holder.exitCode).toBe(0)
  expect(lives(root.pid)).toBe(false)
  expect(lives(kept)).toBe(true)
})
