import type { Scenario } from '@oakum/leaktest'

/** What a module of `cases/` says of its fix. `NAME-before` and `NAME-after` are the two versions in package.json. */
export interface Fix {
  /** Name of the package. */
  readonly package: string
  /** What stayed, in a few words. */
  readonly leak: string
  /** Issue, change or release that fixed it. */
  readonly source: string
}

/** What is tested on one version, and how to end what it was tested on. */
export interface Trial {
  readonly scenario: Scenario
  readonly close?: () => unknown
}

/** A module of `cases/`. `L` is as much of the package as it uses. */
export interface FixModule<L = unknown> {
  readonly fix: Fix
  /** Called with one version of the package: the same code runs on both. */
  readonly prepare: (library: L) => Trial | Promise<Trial>
}
