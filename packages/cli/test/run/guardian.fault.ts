import { describe, expect, it } from 'vitest'
import { sleepers, stat, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { guardianOf, leaver, useRuns, type Runs, type Wrapper } from '../support/wrapper.ts'

/** How often; 50 for the published figure. */
const ROUNDS = Number(process.env.OAKUM_ROUNDS ?? 10)

describe.each([
  { beside: 'no coordinator in sight', startsUp: false },
  { beside: 'oakum up beside it', startsUp: true },
])('a wrapper that is killed with $beside', ({ startsUp }) => {
  it(
    `leaves nothing, ${ROUNDS} times`,
    async () => {
      const runs = await useRuns()
      const up = startsUp ? await startUp(runs) : undefined
      const rounds: Round[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push(await killOnce(runs))
      // It looks until it has found nothing twice, which takes longer than the rest of a round.
      for (const { guardian } of rounds)
        await until(() => stat(guardian) === undefined, { what: 'the guardian is gone' })
      const sorted = rounds.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b)
      const [p50, p95, worst] = [0.5, 0.95, 1].map(share => sorted[Math.ceil(share * ROUNDS) - 1] ?? NaN)
      const figures = [p50, p95, worst].map(time => time?.toFixed(0))
      console.log(`kill to gone, ${ROUNDS} rounds: p50 ${figures[0]} ms, p95 ${figures[1]} ms, max ${figures[2]} ms`)
      // Without a coordinator the records stay for the next one; with it they are gone as well, at the latest when a claim that
      // met a busy store has run out (60 s), and the next sweep has come (60 s).
      const none = async (): Promise<boolean> => (await runs.agents()).length === 0
      if (up) await until(none, { timeout: 240_000, what: `no record is left by oakum up: ${up.stderr()}` })
      else expect(await runs.agents()).toHaveLength(ROUNDS)
    },
    ROUNDS * 60_000,
  )
})

async function startUp(runs: Runs): Promise<Wrapper> {
  const up = runs.start({ args: ['up'], stdio: ['ignore', 'ignore', 'pipe'] })
  await until(() => up.stderr().includes('watching'), { what: 'oakum up watches' })
  return up
}

interface Round {
  /** How long the tree lived on. */
  milliseconds: number
  /** Its pid; it may still be there. */
  guardian: number
}

/** Kills one wrapper. Fails when anything of its tree survives. */
async function killOnce(runs: Runs): Promise<Round> {
  const token = useToken()
  const wrapper = runs.run('--', ...leaver(token))
  await until(() => sleepers(token).length === 3)
  const guardian = await until(() => guardianOf(wrapper))
  wrapper.child.kill('SIGKILL')
  const killed = performance.now()
  await until(() => sleepers(token).length === 0, { what: 'the tree is gone' })
  return { milliseconds: performance.now() - killed, guardian }
}
