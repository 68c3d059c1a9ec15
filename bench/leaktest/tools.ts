import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { CaseResult } from '../../packages/leaktest/corpus/result.ts'
import type { Said } from './answer.ts'
import { peerVersion } from '../peers/peers.ts'

/** A tool that judges cases, each in a process of its own. */
export interface Tool {
  /** What `--only` goes by. */
  readonly name: string
  /** As it stands in the table. */
  readonly title: () => string
  /** What it is for, how it is used here, and what it cannot see. */
  readonly about: string
  /** Program and arguments for a case. */
  readonly args: (name: string) => readonly string[]
  /** Reads the last line that its program prints. */
  readonly read: (line: string) => Said
}

/** The name of ours. */
export const OAKUM = 'oakum'

export const TOOLS: readonly Tool[] = [
  {
    name: OAKUM,
    title: () => 'Oakum',
    about:
      '`leaktest(name, scenario)` with the options of the case. `bounded` counts as clean, `inconclusive` as neither.',
    args: name => [join(import.meta.dirname, '../../packages/leaktest/corpus/run-case.ts'), name, '--json'],
    read: readReport,
  },
  {
    name: 'memlab',
    title: () => `memlab ${peerVersion('memlab')}, its own rules`,
    about:
      'Made for web pages: by its own rules it looks for detached elements and unmounted components, of which Node has none. Three heap snapshots of the program, `findLeaksBySnapshotFilePaths`.',
    ...program('memlab', 'default'),
  },
  {
    name: 'memlab-all',
    title: () => `memlab ${peerVersion('memlab')}, all objects`,
    about:
      'What its maintainers advise for Node: a leak filter of one’s own, here one that takes every object and function made between the first and the second snapshot that is still there in the third. Beyond the verdict it shows who holds each. It does not see descriptors, nor what is in strings, numbers and other primitives.',
    ...program('memlab', 'all'),
  },
  {
    name: 'jest-leak-detector',
    title: () => `jest-leak-detector ${peerVersion('jest-leak-detector')}`,
    about:
      'Made to say of one object, at one time, whether it is held; it cannot tell a cache with a limit from a leak. Here it is given the newest objects of each place in the module where new ones come up, which is more than its users do, and takes longer than one object would.',
    ...program('jest-leak-detector'),
  },
  {
    name: 'jest',
    title: () => `jest ${peerVersion('jest')} --detectOpenHandles`,
    about:
      'Made to say what keeps jest from exiting. It leaves out sockets of clients, whatever is unref’ed, whatever starts after a test has first waited, and memory.',
    ...program('runner', 'jest'),
  },
  {
    name: 'vitest',
    title: () => `vitest ${vitestVersion()} --detectAsyncLeaks`,
    about:
      'Made to name timers, handles and promises that outlive a test file, each with its line. It leaves out sockets of clients, whatever is unref’ed, and memory.',
    ...program('runner', 'vitest'),
  },
  {
    name: 'why-is-node-running',
    title: () => `why-is-node-running ${peerVersion('why-is-node-running')}`,
    about:
      'Made to say what keeps a process from exiting, each with its line. It is loaded after the case, so that it sees only what the iterations leave, of which one handle is allowed. It does not see what is unref’ed, nor memory.',
    ...program('why-is-node-running'),
  },
  {
    name: 'heap-total',
    title: () => 'heap after gc > 100 bytes per iteration',
    about: 'The test that most people write: the heap before and after 1,000 iterations.',
    ...program('heap', 'total'),
  },
  {
    name: 'heap-slope',
    title: () => 'heap after gc, Theil–Sen over the second half',
    about: 'The heap after each of 40 parts of 1,000 iterations; a slope of more than 8 bytes per iteration is a leak.',
    ...program('heap', 'slope'),
  },
]

function program(file: string, ...rest: string[]): Pick<Tool, 'args' | 'read'> {
  return {
    args: name => [join(import.meta.dirname, 'programs', `${file}.ts`), name, ...rest],
    read: line => JSON.parse(line),
  }
}

function readReport(line: string): Said {
  const { report, error }: CaseResult = JSON.parse(line)
  if (report === undefined) return { answer: 'error', detail: error?.code ?? error?.message ?? 'no report' }
  const { verdict, milliseconds } = report
  return { answer: verdict === 'bounded' ? 'clean' : verdict, detail: verdict, verdict: milliseconds }
}

function vitestVersion(): string {
  const { version }: { version?: unknown } = Object(createRequire(import.meta.url)('vitest/package.json'))
  return String(version)
}
