import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { childrenOf, stat } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { sendUntilEnded } from '../support/signals.ts'
import { gone, guardianOf, useRuns, type Runs, type Wrapper } from '../support/wrapper.ts'

/** A machine that stands still may let an echo come so late that it is a second signal; not each time. */
const TRIES = 10

describe('a signal in the middle of the good-bye, which a locked store holds up', () => {
  it('is an echo of the first, and leaves no lease behind', async () => {
    for (let tries = 1; ; tries++) {
      const runs = await useRuns()
      const { wrapper, unlock } = await holdUp(runs)
      wrapper.child.kill('SIGTERM')
      unlock()
      const { code, stderr } = await wrapper.ended
      expect(stderr).not.toContain('oakum')
      if (code === 143 && tries < TRIES) continue
      expect(code).toBe(5)
      expect(await runs.agents()).toEqual([])
      return
    }
  })

  it('is a second one when it comes later, and ends all although the store stays locked', async () => {
    const runs = await useRuns()
    const { wrapper, guardian, unlock } = await holdUp(runs)
    // The tries at the store have an end. A guardian that does not answer keeps the wrapper until it has seen the signal.
    process.kill(guardian, 'SIGSTOP')
    expect(await sendUntilEnded(wrapper.child, 'SIGTERM')).toBe(143)
    process.kill(guardian, 'SIGCONT')
    unlock()
    await gone(guardian)
  })
})

interface HeldUp {
  wrapper: Wrapper
  /** The guardian's pid. */
  guardian: number
  unlock: () => void
}

/** A wrapper whose command has ended of SIGTERM, and that cannot say good-bye to the store. */
async function holdUp(runs: Runs): Promise<HeldUp> {
  const wrapper = runs.run('--', 'sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.01; done')
  await until(() => wrapper.stdout().includes('ready'))
  // From then on the wrapper has nothing of its own to write: what is locked is its good-bye.
  await until(async () => (await runs.events('agent_registered')).length === 1)
  await until(async () => (await runs.lines()).length === 1)
  const guardian = guardianOf(wrapper) ?? 0
  const shell = childrenOf(wrapper.pid).find(pid => pid !== guardian) ?? 0
  const database = new DatabaseSync(`${runs.store.slice('sqlite:'.length)}/fleet.db`)
  database.exec('BEGIN IMMEDIATE')
  wrapper.child.kill('SIGTERM')
  await until(() => [undefined, 'Z'].includes(stat(shell)?.state))
  return { wrapper, guardian, unlock: () => database.close() }
}
