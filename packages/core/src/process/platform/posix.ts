/**
 * macOS and the BSDs, by `ps`: a look costs milliseconds, start times have the resolution of a second, and marks in the
 * environment are not seen. Untested.
 */
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { Platform, ProcessDetails, ProcessInfo, ProcessState } from './process-info.ts'
import type { ProcessMemory } from './process-memory.ts'

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
  details: readDetails,
  usage: () => null,
  listens: () => null,
  async memoryOf(pids) {
    const list = [...pids].join(',')
    if (list === '') return new Map()
    // It exits with 1 when one of them is gone, and tells of the others all the same.
    const { stdout } = await promisify(execFile)('ps', ['-p', list, '-o', 'pid=,rss=']).catch(outputOf)
    return parseMemory(stdout)
  },
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

function outputOf(error: unknown): { stdout: string } {
  const stdout: unknown = error instanceof Error && 'stdout' in error ? error.stdout : ''
  return { stdout: typeof stdout === 'string' ? stdout : '' }
}

/** Lines of a pid and a resident set in KiB. */
function parseMemory(text: string): Map<number, ProcessMemory> {
  const memory = new Map<number, ProcessMemory>()
  for (const [, pid, kibibytes] of text.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm)) {
    const bytes = Number(kibibytes) * 1_024
    memory.set(Number(pid), { bytes, anonymous: bytes, measure: 'rss' })
  }
  return memory
}

function readDetails(pid: number): ProcessDetails | null {
  const match = /^\s*(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/m.exec(
    run('ps', ['-p', String(pid), '-o', 'tty=,lstart=,command=']),
  )
  if (match === null) return null
  const [, terminal = '', started = '', command = ''] = match
  return {
    arguments: command.split(' '), // `ps` does not tell where a word ends
    age: Math.max(0, Date.now() - Date.parse(started)),
    hasTerminal: !/^(\?+|-)$/.test(terminal),
    handlesTerm: true, // not told: nobody is accused
    controlGroup: '',
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
