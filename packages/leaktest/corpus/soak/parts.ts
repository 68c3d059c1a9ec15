import type { CorpusCase } from '../index.ts'
import { surroundingsOf, type Surroundings } from '../runners/surroundings.ts'

/** Verdicts of one kind, in one place. */
export interface Part {
  readonly name: string
  /** Which cases, round after round. @default all */
  readonly group?: CorpusCase['group']
  /** How many verdicts. @default one for each case */
  readonly verdicts?: number
  /** So many processes keep the machine busy meanwhile. @default 0 */
  readonly load?: number
  /** Throws when something is not installed. */
  readonly surroundings: () => Surroundings
}

export const PARTS: readonly Part[] = [
  { name: 'controls', group: 'control', verdicts: 1_000, load: 8, surroundings: () => surroundingsOf('process') },
  { name: 'leaks', group: 'leak', verdicts: 1_000, load: 8, surroundings: () => surroundingsOf('process') },
  ...['process', 'vitest-forks', 'vitest-threads', 'jest', 'node-test', 'cli'].map(name => ({
    name,
    surroundings: () => surroundingsOf(name),
  })),
  ...['22', '26'].map(version => ({
    name: `node-${version}`,
    surroundings: () => surroundingsOf('process', version),
  })),
]

/** The cases of a part in the order of their verdicts. */
export function casesOf({ group, verdicts }: Part, corpus: readonly CorpusCase[]): readonly CorpusCase[] {
  const cases = corpus.filter(one => group === undefined || one.group === group)
  const rounds = Math.ceil((verdicts ?? cases.length) / cases.length)
  return Array.from({ length: rounds }, () => cases)
    .flat()
    .slice(0, verdicts)
}
