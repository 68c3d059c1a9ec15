/**
 * macOS and the BSDs, by `ps`: a look costs milliseconds, start times have the resolution of a second, and marks in the
 * environment are not seen. Untested.
 */
import { execFileSync } from 'node:child_process'
import type { Platform, ProcessInfo, ProcessState } from './process-info.ts'

const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=,comm='
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/

let boot: string | undefined

export const posix: Platform = {
  bootId() {
    boot ??= run('sysctl', ['-n', 'kern.boottime']).trim() || 'unknown'
    return boot
  },
  read: pid => parseRows(run('ps', ['-p', String(pid), '-o', COLUMNS]))[0] ?? null,
  readAll: () => parseRows(run('ps', ['-A', '-o', COLUMNS])),
  environment: () => null,
  commandLine: pid => run('ps', ['-p', String(pid), '-o', 'command=']).trim() || null,
}

function run(command: string, args: readonly string[]): string {
  try {
    // The C locale fixes the format of dates.
    const env = { ...process.env, LC_ALL: 'C' }
    return execFileSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return '' // ps exits with 1 when no process has that pid
  }
}

function parseRows(text: string): ProcessInfo[] {
  const rows: ProcessInfo[] = []
  for (const line of text.split('\n')) {
    const match = ROW.exec(line)
    if (!match) continue
    const [, pid, ppid, pgid, stat = '', started = '', name = ''] = match
    const startTime = String(Date.parse(started) / 1000)
    const info = { pid: Number(pid), ppid: Number(ppid), pgid: Number(pgid), session: 0, kernel: false }
    rows.push({ ...info, state: stateOf(stat), startTime, name })
  }
  return rows
}

function stateOf(stat: string): ProcessState {
  if (stat.startsWith('Z')) return 'zombie'
  if (stat.startsWith('T')) return 'stopped'
  return stat.startsWith('U') ? 'uninterruptible' : 'running'
}
