import { constants } from 'node:os'
import type { ProcessDetails } from './process-info.ts'
import { readIfThere, statFields } from './proc-files.ts'

/** Ticks per second of start times and processor times, as /proc shows them on every architecture. */
export const TICKS = 100

export function linuxDetails(pid: number): ProcessDetails | null {
  const [stat, command, uptime] = [`/proc/${pid}/stat`, `/proc/${pid}/cmdline`, '/proc/uptime'].map(readIfThere)
  if (typeof stat !== 'string' || typeof command !== 'string') return null
  const fields = statFields(stat)
  const started = Number(fields[19]) / TICKS
  return {
    arguments: wordsOf(command),
    age: Math.max(0, Math.round((Number(uptime?.split(' ')[0]) - started) * 1_000)),
    // The kernel forgets the terminal of a session when it is closed.
    hasTerminal: fields[4] !== '0',
    handlesTerm: catches(pid, constants.signals.SIGTERM),
    controlGroup: controlGroupOf(pid),
  }
}

/** A title that a program gave itself stands in place of its words, and may end in any number of zeros. */
function wordsOf(command: string): string[] {
  return command.replace(/\0+$/, '').split('\0')
}

function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s*(?<mask>[0-9a-f]+)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.groups?.['mask']
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n
}

/** Of the unified hierarchy, else of systemd's own. */
function controlGroupOf(pid: number): string {
  const lines = readIfThere(`/proc/${pid}/cgroup`)?.split('\n') ?? []
  const paths = ['1:name=systemd:', '0::'].flatMap(start =>
    lines.filter(line => line.startsWith(start)).map(line => line.slice(start.length)),
  )
  return paths.find(path => path !== '/') ?? ''
}
