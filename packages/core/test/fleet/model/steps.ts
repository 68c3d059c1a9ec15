import * as fc from 'fast-check'

/** One thing that happens to a fleet. Numbers that name an agent or a claim are taken modulo how many there are. */
export type Step =
  | { do: 'register'; id: number; host: number; under: number | null }
  | { do: 'crash' | 'beat' | 'release'; agent: number }
  | { do: 'prove'; agent: number; by: number }
  | { do: 'sweep'; by: number; limit: number }
  | { do: 'force' | 'renew' | 'vanish'; by: number }
  | { do: 'finish' | 'fail'; by: number; claim: number }
  | { do: 'wait'; milliseconds: number }
  | { do: 'sleep'; leases: number }

export const COORDINATORS = 3
const some = fc.nat({ max: 7 })
const by = fc.nat({ max: COORDINATORS - 1 })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      id: some,
      host: fc.nat({ max: 4 }),
      under: fc.option(some, { freq: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), agent: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('beat' as const, 'release' as const), agent: some }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prove' as const), agent: some, by }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sweep' as const), by, limit: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('renew' as const, 'vanish' as const, 'force' as const), by }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('finish' as const, 'finish' as const, 'fail' as const),
      by,
      claim: some,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 700 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const), leases: fc.integer({ min: 1, max: 10 }) }) },
)

/** The life of a fleet, with the guard of leases or without. */
export const life: fc.Arbitrary<{ guarded: boolean; steps: Step[] }> = fc.record({
  guarded: fc.boolean(),
  steps: fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
})
