/**
 * What the process of one file tells the command: a JSON value per line on descriptor 3. A pipe of its own, written
 * synchronously, leaves nothing in the process that a leak test could take for a leak, and cannot be mixed up with what the
 * scenarios print.
 */
import type { FailedTest, LeakReport, LeaktestOptions, Progress } from '@oakum/leaktest'

/** The descriptor of the pipe in the child. */
export const MESSAGES_FD = 3

/** What the child is to do. */
export interface Job {
  /** Absolute path of the module. */
  readonly file: string
  /** What its default scenario is called; those of `scenarios` are called `name › key`. */
  readonly name: string
  /** Only scenarios whose name contains this text run. */
  readonly filter?: string
  /** Milliseconds between two signs of life. */
  readonly aliveEvery: number
  /** Take precedence over what the module says. */
  readonly options: Pick<LeaktestOptions, 'time' | 'iterations' | 'warmup' | 'seed'>
  /** The command compares what is found with a baseline, in place of one that the module names. */
  readonly isCompared: boolean
}

export type Message =
  /** The scenarios that will run. */
  | { readonly kind: 'list'; readonly names: readonly string[] }
  | { readonly kind: 'start'; readonly name: string }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** A leak test runs and does not block: what hangs in it otherwise, it ends itself. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'report'; readonly report: LeakReport }
  | { readonly kind: 'failed'; readonly failed: FailedTest }
  /** The module exports no scenario, and has run none. */
  | { readonly kind: 'empty' }
