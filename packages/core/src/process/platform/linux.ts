/**
 * Linux, by /proc. A read of one process costs about 10 µs. A file that is gone, or closed to us, reads as null.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { linuxDetails, TICKS } from './linux-details.ts'
import { memoryOf } from './linux-memory.ts'
import { linuxListens } from './linux-sockets.ts'
import { linuxUsage } from './linux-usage.ts'
import { ifThere, readIfThere, statFields } from './proc-files.ts'
import type { Platform, ProcessInfo, ProcessState } from './process-info.ts'

/** Flag of `/proc/PID/stat`: PF_KTHREAD, a kernel thread. */
const KERNEL_THREAD = 0x00200000

/**
 * What forks and ends while the list is read hides its child. So the list is read again for those who came meanwhile, until
 * nobody has; so many times at most, since on a busy machine somebody always has.
 */
const PASSES = 5

let boot: string | undefined

export const linux: Platform = {
  bootId() {
    // pids mean something within one pid namespace only, so its inode is part of the name.
    boot ??= `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${statSync('/proc/self/ns/pid').ino}`
    return boot
  },

  read(pid) {
    const stat = readIfThere(`/proc/${pid}/stat`)
    return stat === null ? null : parseStat(pid, stat)
  },

  readAll() {
    const all: ProcessInfo[] = []
    const listed = new Set<string>()
    for (let pass = 0, before = -1; pass < PASSES && listed.size > before; pass++) {
      before = listed.size
      for (const entry of ifThere('/proc', path => readdirSync(path)) ?? []) {
        if (listed.has(entry)) continue
        listed.add(entry)
        const pid = Number(entry)
        const info = Number.isInteger(pid) ? linux.read(pid) : null
        if (info) all.push(info)
      }
    }
    return all
  },

  environment: pid => readIfThere(`/proc/${pid}/environ`),
  commandLine: pid => readIfThere(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() || null,
  details: linuxDetails,
  usage: linuxUsage,
  listens: linuxListens,
  memoryOf,
}

/** One line of `/proc/PID/stat`: `pid (name) state ppid …`. The name may itself hold spaces and parentheses. */
export function parseStat(pid: number, stat: string): ProcessInfo | null {
  const open = stat.indexOf('(')
  const close = stat.lastIndexOf(')')
  const fields = statFields(stat)
  const startTime = fields[19]
  if (open < 0 || close < open || startTime === undefined) return null
  return {
    pid,
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    session: Number(fields[3]),
    state: stateOf(fields[0], Number(fields[17])),
    startTime,
    kernel: (Number(fields[6]) & KERNEL_THREAD) !== 0,
    name: stat.slice(open + 1, close),
    cpu: ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS,
  }
}

function stateOf(letter: string | undefined, threads: number): ProcessState {
  switch (letter) {
    case 'Z':
    case 'X':
      // A main thread that has ended while others run shows as Z, but the process lives.
      return threads > 1 ? 'running' : 'zombie'
    case 'T':
    case 't':
      return 'stopped'
    case 'D':
      return 'uninterruptible'
    default:
      return 'running'
  }
}
