import { readdirSync } from 'node:fs'
import type { ProcessUsage } from './process-info.ts'
import { ifThere, readIfThere, statFields } from './proc-files.ts'

export function linuxUsage(pid: number): ProcessUsage | null {
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat === null) return null
  return {
    descriptors: ifThere(`/proc/${pid}/fd`, folder => readdirSync(folder).length),
    threads: Number(statFields(stat)[17]),
  }
}
