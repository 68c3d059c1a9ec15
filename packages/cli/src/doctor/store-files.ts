/**
 * The store itself: who may read its files, and whether all its records can be read. What agents print, and the keys that they
 * share, lie in it in clear.
 */
import { chmodSync, statSync } from 'node:fs'
import { describeStore, storeExists, type Fleet } from '@oakum/core/fleet'
import { plural } from '../output/plural.ts'
import type { Diagnosis, Finding } from './finding.ts'

const NOTHING = { processes: [], paths: [], age: null, memory: null } as const

/** What only the user may do: read and write. */
const MODE = 0o600

export function findExposedFiles(url: string): Diagnosis[] {
  if (!storeExists(url) || process.platform === 'win32') return []
  const files = describeStore(url).files.flatMap(({ path }) => [path, `${path}-wal`, `${path}-shm`])
  const exposed = files.flatMap(path => {
    const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? MODE) & 0o777
    return mode === MODE ? [] : [{ path, mode }]
  })
  if (exposed.length === 0) return []
  const paths = exposed.map(({ path }) => path)
  const finding: Finding = {
    code: 'STORE_EXPOSED',
    severity: 'problem',
    what: `${plural(exposed.length, 'file')} of the store`,
    why: `The mode is ${exposed.map(({ mode }) => mode.toString(8).padStart(4, '0')).join(', ')} in place of 0600`,
    repairedBy: 'fix',
    remedy: 'sets it to 0600',
    ...NOTHING,
    paths,
  }
  const repair = (): Promise<undefined> => {
    for (const path of paths) chmodSync(path, MODE)
    return Promise.resolve(undefined)
  }
  return [{ finding, repair }]
}

/** Records are counted by the store, and listed only where they can be read. Those in quarantine are told of elsewhere. */
export async function findUnreadableRecords(fleet: Fleet): Promise<Diagnosis[]> {
  const before = await fleet.counts()
  const listed = (await fleet.agents()).length
  const known = (await fleet.quarantined()).filter(({ agent }) => agent === null).length
  const after = await fleet.counts()
  // Agents come and go meanwhile: only what is missing by both counts is.
  const missing = Math.min(totalOf(before.phases), totalOf(after.phases)) - listed - known
  if (missing <= 0) return []
  const finding: Finding = {
    code: 'RECORDS_UNREADABLE',
    severity: 'problem',
    what: plural(missing, 'record'),
    why: 'The store counts more agents than it can show: their records are damaged',
    repairedBy: null,
    remedy:
      'Nobody knows what they held, so nothing is touched. To begin anew: oakum store backup, then oakum store reset',
    ...NOTHING,
  }
  return [{ finding, repair: null }]
}

/** A store that cannot be opened. What needs none is looked at all the same. */
export function unusableStore(url: string, why: string): Diagnosis {
  const finding: Finding = {
    code: 'STORE_UNUSABLE',
    severity: 'problem',
    what: url,
    why,
    repairedBy: null,
    remedy: 'Nothing that it knows of could be looked at. See docs/errors.md for what the code means',
    ...NOTHING,
  }
  return { finding, repair: null }
}

function totalOf(phases: Readonly<Record<string, number>>): number {
  return Object.values(phases).reduce((sum, next) => sum + next, 0)
}
