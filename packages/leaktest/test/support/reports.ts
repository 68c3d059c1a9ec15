import type { LeakReport, LeakSite } from '../../src/report.ts'

export const CWD = '/home/dev/project'

/** A site that leaks one listener per iteration. */
export function leakSite(changes: Partial<LeakSite> = {}): LeakSite {
  return {
    function: 'AgentLoop.run',
    file: `${CWD}/src/loop.ts`,
    line: 212,
    column: 5,
    exact: true,
    type: 'Listener',
    stack: [],
    objectsPerIteration: 1,
    bytesPerIteration: 96,
    survivors: [20, 20, 20, 20, 20, 20],
    retainers: {
      steps: [
        { name: '', type: '(Global handles)' },
        { name: 'signal', type: 'AbortSignal' },
        { name: 'listeners', type: 'Map' },
        { name: 'closure', type: 'closure' },
      ],
      text: 'signal → listeners → closure',
    },
    ...changes,
  }
}

/** A report of a leak of one listener per iteration. */
export function leakReport(changes: Partial<LeakReport> = {}): LeakReport {
  return {
    name: 'cancel',
    verdict: 'leak',
    findings: [
      '`AgentLoop.run` (src/loop.ts:212) leaves 1 listener per iteration on AbortSignal, 96 bytes per iteration – retained by signal → listeners → closure',
    ],
    reasons: [],
    iterations: 400,
    warmup: 40,
    bytesPerIteration: { value: 96, low: 90, high: 102 },
    objectsPerIteration: { value: 1, low: 0.98, high: 1.02 },
    counters: [{ counter: 'listeners', of: 'AbortSignal', before: 12, after: 412, perIteration: 1 }],
    sites: [leakSite()],
    batch: 20,
    ignored: [],
    sensitivity: 400,
    milliseconds: 612,
    seed: 7,
    node: 'v24.21.0',
    ...changes,
  }
}

/** A report that has nothing to tell. */
export function cleanReport(changes: Partial<LeakReport> = {}): LeakReport {
  return leakReport({
    verdict: 'clean',
    findings: [],
    bytesPerIteration: { value: 0, low: -1, high: 1 },
    objectsPerIteration: { value: 0, low: 0, high: 0 },
    counters: [],
    sites: [],
    ...changes,
  })
}

/** A report of a cache that holds the newest 2,000. */
export function boundedReport(changes: Partial<LeakReport> = {}): LeakReport {
  return leakReport({
    verdict: 'bounded',
    bound: 2_000,
    findings: ['`Cache.set` (src/cache.ts:9) holds what the newest 2,000 iterations made, and no more'],
    counters: [],
    sites: [leakSite({ function: 'Cache.set', line: 9, type: 'Entry', survivors: [0, 0, 0, 20, 20, 20] })],
    ...changes,
  })
}

/** A report that could not tell. */
export function inconclusiveReport(changes: Partial<LeakReport> = {}): LeakReport {
  return cleanReport({
    verdict: 'inconclusive',
    reasons: ['3 iterations are too few to tell; allow more time.'],
    iterations: 3,
    ...changes,
  })
}
