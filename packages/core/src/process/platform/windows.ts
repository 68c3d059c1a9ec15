/**
 * Windows, by PowerShell (`tasklist` tells neither parents nor start times): a look costs about half a second. There are
 * neither groups nor marks, and a signal ends a process at once. Untested.
 */
import { execFileSync } from 'node:child_process'
import type { Platform, ProcessInfo } from './process-info.ts'

const SELECT =
  "ForEach-Object { '{0} {1} {2} {3}' -f $_.ProcessId, $_.ParentProcessId, $_.CreationDate.ToFileTimeUtc(), $_.Name }"

let boot: string | undefined

export const windows: Platform = {
  bootId() {
    boot ??= run('(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()').trim() || 'unknown'
    return boot
  },
  read: pid => parseRows(run(`Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}' | ${SELECT}`))[0] ?? null,
  readAll: () => parseRows(run(`Get-CimInstance Win32_Process | ${SELECT}`)),
  environment: () => null,
  commandLine: pid => run(`(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`).trim() || null,
  // Neither orphans nor what a process has open are looked for here.
  details: () => null,
  usage: () => null,
  listens: () => null,
  memoryOf: () => Promise.resolve(new Map()), // half a second per look is too much for a figure
}

function run(script: string): string {
  try {
    const args = ['-NoProfile', '-NonInteractive', '-Command', script]
    return execFileSync('powershell.exe', args, {
      encoding: 'utf8',
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return ''
  }
}

function parseRows(text: string): ProcessInfo[] {
  const rows: ProcessInfo[] = []
  for (const line of text.split(/\r?\n/)) {
    const match = /^(\d+) (\d+) (\d+) (.*)$/.exec(line)
    if (!match) continue
    const [, pid, ppid, startTime = '', name = ''] = match
    const kernel = Number(pid) <= 4 // the idle process and the kernel itself
    rows.push({ pid: Number(pid), ppid: Number(ppid), pgid: 0, session: 0, state: 'running', startTime, kernel, name })
  }
  return rows
}
