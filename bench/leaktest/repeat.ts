import type { Scenario, ScenarioContext } from '@oakum/leaktest'
import type { CorpusModule } from '../../packages/leaktest/corpus/case.ts'

/** Iterations that come first where a case does not say otherwise, as many as ours. */
const WARM_UP = 40
/** How long one call of `run` may take, in milliseconds: the time a leak test of ours may take by default. */
const TIME = 3_000
/** Milliseconds that a clean-up gets which a scenario leaves to a later turn. */
const SETTLE = 500

/** Repeats a scenario for the tools that do not do so themselves: all of them the same way. */
export class Repeat {
  readonly #scenario: Scenario
  readonly #options: CorpusModule['options']
  readonly #context: { -readonly [K in keyof ScenarioContext]: ScenarioContext[K] } = {
    iteration: 0,
    fixture: undefined,
    signal: new AbortController().signal,
    random: Math.random,
  }

  constructor({ default: scenario, options }: CorpusModule) {
    this.#scenario = scenario
    this.#options = options
  }

  async warmUp(): Promise<void> {
    await this.run(this.#options?.warmup ?? WARM_UP)
  }

  /** As many iterations as the case asks for, or else so many. Resolves to those that ended in time. */
  measure(iterations: number): Promise<number> {
    return this.run(this.#options?.iterations ?? iterations)
  }

  async run(iterations: number): Promise<number> {
    const until = performance.now() + TIME
    let done = 0
    while (done < iterations && performance.now() < until) {
      await this.#scenario(this.#context)
      this.#context.iteration++
      done++
      // Callbacks of the event loop are part of what is repeated.
      if (done % 10 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    return done
  }
}

/** Waits until late clean-up has had its time. */
export async function settle(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, SETTLE))
  // The timer itself is gone only after its callback.
  await new Promise(resolve => setImmediate(resolve))
}
