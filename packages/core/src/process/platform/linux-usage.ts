import { readdirSync } from 'node:fs'
import type { ProcessUsage } from './process-info.ts'
import { ifThere, readIfThere } from './proc-files.ts'

export function linuxUsage(pid: number): ProcessUsage | null {
  const status = readIfThere(`/proc/${pid}/status`)
  if (status === null) return null
  const rollup = readIfThere(`/proc/${pid}/smaps_rollup`)
  return {
    descriptors: ifThere(`/proc/${pid}/fd`, folder => readdirSync(folder).length),
    threads: numberOf(status, 'Threads'),
    memory: inBytes((rollup === null ? null : numberOf(rollup, 'Pss')) ?? numberOf(status, 'VmRSS')),
  }
}

function numberOf(text: string, name: string): number | null {
  const digits = new RegExp(`^${name}:\\s+(?<number>\\d+)`, 'm').exec(text)?.groups?.['number']
  return digits === undefined ? null : Number(digits)
}

/** What the kernel calls kB are units of 1,024. */
function inBytes(kilobytes: number | null): number | null {
  return kilobytes === null ? null : kilobytes * 1_024
}
