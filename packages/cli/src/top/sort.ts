import type { TopRow } from './sampler.ts'

/** What a table can be sorted by. */
export const SORTS = ['cpu', 'memory', 'processes', 'age', 'id'] as const

export type Sort = (typeof SORTS)[number]

/** The key that chooses each: its first letter. */
export function sortOfKey(key: string): Sort | undefined {
  return SORTS.find(sort => sort.startsWith(key.toLowerCase()))
}

/** The largest first, ids in their own order; what is not known comes last. */
export function sortRows(rows: readonly TopRow[], by: Sort): TopRow[] {
  return rows.toSorted((a, b) => compare(a, b, by) || compareIds(a, b))
}

function compare(a: TopRow, b: TopRow, by: Sort): number {
  if (by === 'id') return 0
  const [one, other] = [figure(a, by), figure(b, by)]
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  return other - one
}

function figure(row: TopRow, by: Exclude<Sort, 'id'>): number | null {
  return by === 'memory' ? row.bytes : row[by]
}

function compareIds(a: TopRow, b: TopRow): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true })
}
