import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { childrenOf, stat } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { sendUntilEnded } from '../support/signals.ts'
import { guardianOf, useRuns, type Runs, type Wrapper } from '../support/wrapper.ts'

describe('a signal in the middle of the good-bye, which a locked store holds up', () => {
  // On a machine that stands still it may come so late that it is a second one.
  it('is an echo of the first, and leaves no lease behind', async () => {
    const runs = await useRuns()
    const { wrapper, unlock } = await holdUp(runs)
    wrapper.child.kill('SIGTERM')
    unlock()
    const { code, stderr } = await wrapper.ended
    expect([5, 143]).toContain(code)
    expect(stderr).not.toContain('oakum')
    if (code === 5) expect(await runs.agents()).toEqual([])
  })

  it('is a second one when it comes later, and ends all although the store stays locked', async () => {
    const runs = await useRuns()
    const { wrapper, unlock } = await holdUp(runs)
    // On a machine that stands still the tries at the store may be over before another signal is seen.
    expect([143, 5]).toContain(await sendUntilEnded(wrapper.child, 'SIGTERM'))
    unlock()
  })
})

/** A wrapper whose command has ended of SIGTERM, and that cannot say good-bye to the store. */
async function holdUp(runs: Runs): Promise<{ wrapper: Wrapper; unlock: () => void }> {
  const wrapper = runs.run('--', 'sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.01; done')
  await until(() => wrapper.stdout().includes('ready'))
  // From then on the wrapper has nothing of its own to write: what is locked is its good-bye.
  await until(async () => (await runs.events('agent_registered')).length === 1)
  await until(async () => (await runs.lines()).length === 1)
  const shell = childrenOf(wrapper.pid).find(pid => pid !== guardianOf(wrapper)) ?? 0
  const database = new DatabaseSync(`${runs.store.slice('sqlite:'.length)}/fleet.db`)
  database.exec('BEGIN IMMEDIATE')
  wrapper.child.kill('SIGTERM')
  await until(() => [undefined, 'Z'].includes(stat(shell)?.state))
  return { wrapper, unlock: () => database.close() }
}
