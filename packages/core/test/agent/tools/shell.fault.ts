/**
 * Cancelled shell tools: of nothing that they started is anything left, and no zombie is ours.
 * OAKUM_SHELLS sets how many (60 by default, 2,000 for the published figure).
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { shell } from '../../../src/agent/index.ts'
import { isOakumError } from '../../../src/errors/index.ts'
import { Scope } from '../../../src/scope/index.ts'
import { allPids, childrenOf, lives, sleepers, stat, useToken } from '../../support/real-processes.ts'
import { until } from '../../support/until.ts'
import { call } from './calling.ts'

const SHELLS = Number(process.env.OAKUM_SHELLS ?? 60)
/** So many run at once. */
const BATCH = 20

/** Scripts, and how many sleeps each of them starts. What they have in common: nobody waits for it, or it does not want to go. */
const SCRIPTS: readonly { script: string; sleeps: number }[] = [
  { script: 'sleep TOKEN', sleeps: 1 },
  { script: 'setsid sleep TOKEN & sleep TOKEN', sleeps: 2 },
  { script: 'nohup sleep TOKEN & nohup setsid sleep TOKEN & wait', sleeps: 2 },
  { script: `trap '' TERM HUP INT; sleep TOKEN & sleep TOKEN`, sleeps: 2 },
  { script: '(setsid sh -c "sleep TOKEN & sleep TOKEN" &) ; env -u OAKUM_MARKS sleep TOKEN', sleeps: 3 },
  { script: 'yes | cat > /dev/null & setsid nohup sh -c "sleep TOKEN; sleep TOKEN" & wait', sleeps: 1 },
]

test(`${SHELLS} cancelled shell tools leave 0 survivors, and no zombie of ours`, async () => {
  let started = 0
  let survivors = 0
  let refused = 0
  const rejections: unknown[] = []
  for (let first = 0; first < SHELLS; first += BATCH) {
    const token = useToken()
    const batch = Array.from(
      { length: Math.min(BATCH, SHELLS - first) },
      (_, i) => SCRIPTS[(first + i) % SCRIPTS.length],
    )
    const root = new Scope('run')
    const calls = batch.map(async (entry, i) => {
      const scope = root.child(`call ${first + i}`)
      const command = entry?.script.replaceAll('TOKEN', token) ?? ''
      const tool = shell({ grace: 100, env: { OAKUM_TEST_TOKEN: token } })
      await call(tool, { command }, scope).catch((error: unknown) => rejections.push(isOakumError(error) && error.code))
    })
    const wanted = batch.reduce((sum, entry) => sum + (entry?.sleeps ?? 0), 0)
    await until(() => sleepers(token).length === wanted, { what: `${wanted} sleeps run` })
    started += carriersOf(token).length
    refused += (await root.close('cancelled')).refused.length
    survivors += carriersOf(token).length
    await Promise.all(calls)
  }
  const zombies = childrenOf(process.pid).filter(pid => stat(pid)?.state === 'Z')
  console.log(
    `${SHELLS} shell tools cancelled: ${started} processes, ${survivors} survivors, ${zombies.length} zombies of ours`,
  )
  expect({ survivors, refused, zombies, rejections }).toEqual({
    survivors: 0,
    refused: 0,
    zombies: [],
    rejections: Array.from({ length: SHELLS }, () => 'SCOPE_CLOSED'),
  })
  expect(started).toBeGreaterThanOrEqual(SHELLS)
})

/** Living processes that have the token in their environment or on their command line. */
function carriersOf(token: string): number[] {
  return allPids().filter(pid => {
    if (pid === process.pid || !lives(pid)) return false
    return ['environ', 'cmdline'].some(file => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(token)
      } catch {
        return false // It ended meanwhile.
      }
    })
  })
}
