import { connect, describeStore, type FleetCounts, type StoreReport } from '@oakum/core/fleet'
import { formatAge } from '../output/duration.ts'
import type { Paint } from '../output/paint.ts'
import { formatSize } from '../output/size.ts'
import { plain } from '../output/text.ts'

/** What a store holds. */
export interface StoreContents extends StoreReport {
  url: string
  /** Null when the store is of a newer Oakum. */
  counts: FleetCounts | null
}

/** Reads it without making a store where there is none, or changing one of another version. */
export async function readContents(url: string): Promise<StoreContents> {
  const report = describeStore(url)
  const newer = report.files.some(({ version, knownVersion }) => version > knownVersion)
  return { url, ...report, counts: newer ? null : await readCounts(url) }
}

/** The same for people. */
export function formatContents({ url, files, counts, events }: StoreContents, paint: Paint): string[] {
  const rows: [string, string][] = [
    ...files.map(({ name, bytes, version, knownVersion }): [string, string] => {
      const note = version === knownVersion ? '' : `, this Oakum knows ${knownVersion}`
      return [name, `${formatSize(bytes)}, version ${version}${note}`]
    }),
    ...(counts === null ? [] : countRows(counts)),
    ...(events === null ? [] : [eventRow(events)]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return [
    paint('bold', plain(url)),
    ...rows.map(([name, value]) => `  ${paint('dim', name.padEnd(width))}${value}`),
    ...(counts === null ? ['It was written by a newer Oakum: update Oakum to see more.'] : []),
  ]
}

function countRows({ phases, tombstones }: FleetCounts): [string, string][] {
  const inPhases = Object.entries(phases).filter(([, count]) => count > 0)
  const agents = inPhases.map(([phase, count]) => `${count} ${phase}`).join(', ')
  return [
    ['agents', agents === '' ? 'none' : agents],
    ['ended', String(tombstones)],
  ]
}

function eventRow({ count, oldest, newest }: NonNullable<StoreContents['events']>): [string, string] {
  if (oldest === null || newest === null) return ['events', 'none']
  const now = Date.now()
  return ['events', `${count}, from ${formatAge(now - oldest)} to ${formatAge(now - newest)} ago`]
}

async function readCounts(url: string): Promise<FleetCounts> {
  const fleet = await connect(url)
  try {
    return await fleet.counts()
  } finally {
    await fleet.close()
  }
}
