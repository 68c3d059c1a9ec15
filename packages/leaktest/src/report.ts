/**
 * `clean`: nothing stays. `leak`: something stays of each iteration, or of one in so many, for ever.
 * `bounded`: something stays, but only that of the newest `bound` iterations. `inconclusive`: too little was seen to tell;
 * the reasons say what would help.
 */
export type Verdict = 'clean' | 'leak' | 'bounded' | 'inconclusive'

/** An estimate, and the interval that holds the true value in 95 of 100 tests. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** A place in the program. */
export interface Frame {
  /** Name of the function, as `AgentLoop.run`; empty for the top level of a module. */
  readonly function: string
  /** Path of the file, or the module's specifier (`node:net`). */
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
}

/** Code whose allocations stay. */
export interface LeakSite extends Frame {
  /** Whether `line` is that of the statement; else it is that of the function. */
  readonly exact: boolean
  /** What it allocates, by constructor, e.g. `Listener`; undefined when no snapshot was taken. */
  readonly type?: string
  /** The innermost first. */
  readonly stack: readonly Frame[]
  readonly objectsPerIteration: number
  readonly bytesPerIteration: number
  /** Objects that stay, by the batch in which they were made, the oldest first. */
  readonly survivors: readonly number[]
  /** Who holds it; undefined when no snapshot was taken, or no path was found. */
  readonly retainers?: RetainerPath
}

/** One step from a root of the garbage collector towards what stays. */
export interface RetainerStep {
  /** The property, variable or index by which the step before holds this one; empty for the root. */
  readonly name: string
  /** Constructor or kind: `AbortSignal`, `Map`, `system / Context`. */
  readonly type: string
}

/** The shortest way from a root to an object that stays. */
export interface RetainerPath {
  readonly steps: readonly RetainerStep[]
  /** The way in one line, as `signal → listeners → closure`. */
  readonly text: string
}

/** What was counted exactly. */
export type CounterName =
  'fds' | 'sockets' | 'timers' | 'handles' | 'threads' | 'children' | 'listeners' | 'promises' | 'instances' | 'buffers'

/** A counter that rose. */
export interface CounterRise {
  readonly counter: CounterName
  /** Which of them: the class of instances, the type of handle, the emitter of listeners. */
  readonly of?: string
  readonly before: number
  readonly after: number
  readonly perIteration: number
}

/** What a leak test found. Plain values, to be written as JSON. */
export interface LeakReport {
  readonly name: string
  readonly verdict: Verdict
  /** What was found, in one sentence per finding, for people. */
  readonly findings: readonly string[]
  /** Why the verdict is what it is, where that needs saying. */
  readonly reasons: readonly string[]
  /** Iterations that were measured, without the warm-up. */
  readonly iterations: number
  readonly warmup: number
  readonly bytesPerIteration: Estimate
  readonly objectsPerIteration: Estimate
  /** For `bounded`: how many iterations' worth is held. */
  readonly bound?: number
  readonly counters: readonly CounterRise[]
  /** What is nearest to a root first: it holds the others. Where no snapshot was taken, the worst first. */
  readonly sites: readonly LeakSite[]
  /** Iterations per batch of `survivors`. */
  readonly batch: number
  /** What was found and ignored, with the reasons given. */
  readonly ignored: readonly { readonly what: string; readonly reason: string }[]
  /** The smallest leak that this test would have seen, in iterations per leaked object. */
  readonly sensitivity: number
  readonly milliseconds: number
  readonly seed: number
  readonly node: string
}
