import { expect, it } from 'vitest'
import { leaktest } from '../../src/leaktest.ts'
import type { Scenario } from '../../src/scenario.ts'

class Answer {
  readonly text = 'yes'
}

/** Keeps what it makes, and nobody but who holds the scenario holds that. */
function makeScenario(): Scenario {
  const answers = new Map<number, Answer>()
  return function ask({ iteration }) {
    answers.set(iteration, new Answer())
  }
}

const registered: Scenario[] = []

async function retainersOf(scenario: Scenario): Promise<readonly (string | undefined)[]> {
  const { verdict, sites } = await leaktest('ask', scenario, { iterations: 600 })
  expect(verdict).toBe('leak')
  return sites.map(({ retainers }) => retainers?.text)
}

it('tells a way from the scenario where nobody but the leak test holds it', async () => {
  expect(await retainersOf(makeScenario())).toContain('scenario → answers (Map) → Map entry (Answer)')
})

it('tells a way from the program where that holds it as well', async () => {
  const scenario = makeScenario()
  registered.push(scenario)
  const texts = await retainersOf(scenario)
  expect(texts).toContain(
    'module scenario-root.leak.ts → registered → […] (closure ask) → answers (Map) → Map entry (Answer)',
  )
})

it('tells a way from the scenario for what hangs on the signal that it is given', async () => {
  const [text] = await retainersOf(function ask({ signal }) {
    const answer = new Answer()
    signal.addEventListener('abort', () => answer)
  })
  expect(text).toMatch(/^scenario → #?signal \(AbortSignal\) → listeners/)
})
