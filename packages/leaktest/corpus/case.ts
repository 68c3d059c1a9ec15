import type { CounterName, LeaktestOptions, Scenario, Verdict } from '@oakum/leaktest'

/** What a module of the corpus exports as `expected`. */
export interface Expected {
  /** What a leak test has to say. */
  readonly verdict: Extract<Verdict, 'clean' | 'leak' | 'bounded'>
  /** For a leak: names of functions, any of which is right as the site; the module marks the line by `// leaks here`. */
  readonly site?: readonly string[]
  /** For a leak: a text that the way from a root has to contain, e.g. `listeners` or the name of the cache. */
  readonly retainer?: string
  /** For a leak that a counter shows: which. */
  readonly counter?: CounterName
  /** For `bounded`: how many iterations' worth is held. Left out where speed or phase decides that; `clean` is then right as well. */
  readonly bound?: number
}

/** A module of the corpus. */
export interface CorpusModule {
  readonly default: Scenario
  readonly expected: Expected
  readonly options?: LeaktestOptions
  /** Ends what the module started when it was loaded, a server say. */
  readonly close?: () => Promise<void> | void
}
