import { readFileSync } from 'node:fs'

/** What a tree takes at one moment. */
export interface Usage {
  /** Bytes. */
  memory: number
  processes: number
}

/**
 * The memory of processes in bytes, exactly where it matters: a page that several share counts once as soon as the sum of what
 * each sees, which is cheap to read and never less, is above the limit. What was swapped out counts as well.
 */
export function memoryOf(pids: readonly number[], limit: number): number {
  const seen = sum(pids, residentOf)
  return seen > limit ? sum(pids, proportionalOf) : seen
}

/** Whether this system says what memory a process has. */
export function canReadMemory(): boolean {
  return residentOf(process.pid) > 0
}

function sum(pids: readonly number[], read: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + read(pid), 0)
}

function residentOf(pid: number): number {
  const status = readIfThere(`/proc/${pid}/status`) ?? ''
  return kibibytes(status, 'VmRSS') + kibibytes(status, 'VmSwap')
}

/** About 1 ms per GB that a process has. What may not be read counts as if nothing of it were shared. */
function proportionalOf(pid: number): number {
  const rollup = readIfThere(`/proc/${pid}/smaps_rollup`) ?? ''
  return rollup === '' ? residentOf(pid) : kibibytes(rollup, 'Pss') + kibibytes(rollup, 'SwapPss')
}

function kibibytes(text: string, name: string): number {
  const start = text.indexOf(`\n${name}:`)
  return start < 0 ? 0 : Number.parseInt(text.slice(start + name.length + 2, start + name.length + 40), 10) * 1_024
}

/** Null for a process that is gone, or that is not ours to read. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
