import { isRunnerName, RUNNERS, type RunnerName } from './index.ts'
import { isNodeVersion, nodeExecutable, OWN_VERSION } from './node-versions.ts'

/** What a case runs in. */
export interface Surroundings {
  /** @default a process that calls `leaktest()` itself */
  readonly runner?: RunnerName
  /** Path of Node. @default this Node */
  readonly node?: string
}

/**
 * Checks that all of it is there.
 * @param runner its name, or `process`.
 * @param version the release of Node, e.g. `22`.
 * @throws Error that says what there is, or how it is installed.
 */
export function surroundingsOf(runner: string, version: string = OWN_VERSION): Surroundings {
  if (!isNodeVersion(version)) throw new Error(`There is no Node "${version}" to run the corpus on.`)
  const node = nodeExecutable(version)
  if (runner === 'process') return { node }
  if (!isRunnerName(runner)) throw new Error(`There is no "${runner}" to run the corpus in.`)
  RUNNERS[runner].args()
  return { node, runner }
}
