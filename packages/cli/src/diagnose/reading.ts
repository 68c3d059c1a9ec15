import { OakumError } from '@oakum/core/errors'
import { identityOf, nextTable, type ProcessTree, readMemory, usageOf } from '@oakum/core/process'

/** What a tree of processes uses at one moment, in sum. Null is what the system does not tell. */
export interface Reading {
  /** Milliseconds since the first. */
  at: number
  processes: number
  descriptors: number | null
  threads: number | null
  /** Bytes. */
  memory: number | null
}

/** The figures of a reading that have a trend. */
export const FIGURES = ['memory', 'descriptors', 'threads', 'processes'] as const
export type Figure = (typeof FIGURES)[number]

/** Null when nothing of the tree lives. @throws OakumError PROCESS_UNREADABLE for what belongs to somebody else */
export async function readTree(tree: ProcessTree, began: number): Promise<Reading | null> {
  const at = performance.now() - began
  const { members, spared } = tree.look(await nextTable())
  // What runs this command is spared as if it were not of the tree; this command itself is not.
  const all = [...members, ...spared.map(({ process: row }) => row)].filter(({ pid }) => pid !== process.pid)
  const usages = all.flatMap(row => usageOf(identityOf(row)) ?? [])
  if (all.length === 0) return null
  // Without /proc there are no usages, and no descriptors to be closed to us.
  const denied = all.find(row => usageOf(identityOf(row))?.descriptors === null)
  if (denied !== undefined) {
    throw new OakumError(
      'PROCESS_UNREADABLE',
      `Process ${denied.pid} belongs to another user: run this as that user, or as root`,
      {
        facts: { pid: denied.pid },
      },
    )
  }
  const memory = [...(await readMemory(all.map(({ pid }) => pid))).values()]
  return {
    at,
    processes: all.length,
    descriptors: sumOf(usages.map(({ descriptors }) => descriptors)),
    threads: sumOf(usages.map(({ threads }) => threads)),
    memory: sumOf(memory.map(({ bytes }) => bytes)),
  }
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : known.reduce((sum, next) => sum + next, 0)
}
