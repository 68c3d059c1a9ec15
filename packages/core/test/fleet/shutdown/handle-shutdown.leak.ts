import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { expectCaught, expectClean } from '../../../../leaktest/test/support/pair.ts'
import { connect, handleShutdown, type Shutdown } from '../../../src/fleet/index.ts'

const fleet = await connect('memory:')
afterAll(() => fleet.close())

const SOURCE = join(import.meta.dirname, '../../../src/fleet/shutdown/handle-shutdown.ts')
const handles: Shutdown[] = []

it('a handle that is released leaves nothing, and neither does a fleet that was shut down', async () => {
  await expectClean(async () => {
    handleShutdown(fleet).release()
    await handleShutdown(await connect('memory:'), { exit: false }).shutdown()
  })
})

it('a handle that is never released is caught', async () => {
  // Nothing of the handle's owner stays, and all of what was made for it.
  await expectCaught({ function: 'handleShutdown', file: SOURCE }, () => void handles.push(handleShutdown(fleet)))
  expect(process.listenerCount('SIGTERM')).toBeGreaterThan(0)
  for (const handle of handles) handle.release()
})
