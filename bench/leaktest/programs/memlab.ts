/**
 * memlab on heap snapshots of this process, as its maintainers advise for Node: `memlab.ts NAME default` by its own rules, which
 * look for what a browser leaves, `memlab.ts NAME all` by a filter that takes every object.
 *
 * The baseline is taken after the warm-up, the target after as many iterations as the case asks for, the final snapshot after as many
 * again: what was made before the target and is still there is what memlab compares.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import { importPeer } from '../../peers/peers.ts'
import { Repeat, settle } from '../repeat.ts'
import { main } from './main.ts'

const ITERATIONS = 200

/** As much of memlab as is used. */
interface Memlab {
  findLeaksBySnapshotFilePaths(
    baseline: string,
    target: string,
    final: string,
    options: { workDir: string; consoleMode: 'SILENT' },
  ): Promise<readonly object[]>
  readonly config: { externalLeakFilter?: { leakFilter: (node: { type: string }) => boolean } }
}

await main(async ({ load }) => {
  const repeat = new Repeat(await load())
  const directory = await mkdtemp(join(tmpdir(), 'oakum-memlab-'))
  try {
    await repeat.warmUp()
    const baseline = await snapshot(directory, 's1')
    await repeat.measure(ITERATIONS)
    const target = await snapshot(directory, 's2')
    await repeat.measure(ITERATIONS)
    const final = await snapshot(directory, 's3')
    const { default: memlab } = await importPeer<{ default: Memlab }>('memlab')
    if (process.argv[3] === 'all')
      memlab.config.externalLeakFilter = { leakFilter: ({ type }) => type === 'object' || type === 'closure' }
    const options = { workDir: directory, consoleMode: 'SILENT' } as const
    const leaks = await memlab.findLeaksBySnapshotFilePaths(baseline, target, final, options)
    return { answer: leaks.length > 0 ? 'leak' : 'clean', detail: `${leaks.length} leak traces` }
  } finally {
    await rm(directory, { recursive: true })
  }
})

async function snapshot(directory: string, name: string): Promise<string> {
  await settle()
  return writeHeapSnapshot(join(directory, `${name}.heapsnapshot`))
}
