import { describe, expect, it } from 'vitest'
import { identify } from '../../src/process/identity.ts'
import { killMarked } from '../../src/process/kill-marked.ts'
import { newMark, withMark } from '../../src/process/marker.ts'
import { lives, pidsWith, sleepers, start, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'

describe('killMarked', () => {
  it('has killed what carries a mark, and all below it, when it returns', async () => {
    const token = useToken()
    const marks = [newMark(), newMark()]
    for (const mark of marks) {
      // One that ignores SIGTERM, one in a session of its own, and one that has dropped the mark.
      const script = `trap '' TERM; setsid sleep ${token} & env -u OAKUM_MARKS sleep ${token} & sleep ${token}; true`
      start('sh', ['-c', script], { env: withMark(process.env, mark) })
    }
    await until(() => sleepers(token).length === 6)
    expect(killMarked(marks, [])).toBe(0)
    expect(pidsWith(token)).toEqual([])
  })

  it('spares what is kept, with all below it, and what carries another mark', async () => {
    const [token, other] = [useToken(), useToken()]
    const mark = newMark()
    const env = withMark(process.env, mark)
    const kept = start('sh', ['-c', `sleep ${token}; true`], { env })
    start('sleep', [token], { env })
    start('sleep', [other], { env: withMark(process.env, newMark()) })
    await until(() => sleepers(token).length === 2 && sleepers(other).length === 1)
    const identity = identify(kept.pid)
    expect(killMarked([mark], identity === null ? [] : [identity])).toBe(0)
    expect(lives(kept.pid)).toBe(true)
    expect(sleepers(token)).toHaveLength(1)
    expect(sleepers(other)).toHaveLength(1)
  })
})
