/**
 * Whether a process can be asked to open its inspector, by Linux's /proc.
 *
 * SIGUSR1 asks for it. It ends any program that does not expect it, so it is only sent to what is Node by its executable
 * and catches the signal. Whether Node or the program itself catches it cannot be told from outside.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { basename } from 'node:path'
import { LeaktestError, type LeaktestErrorCode } from '../errors.ts'
import { listeningNear } from './listening.ts'

/** Throws PROCESS_UNREACHABLE for what is not there, is no Node, or is not to be reached. Touches nothing. */
export function assertReachable(pid: number): void {
  if (process.platform !== 'linux') {
    throw unreachable(pid, 'can be watched on Linux only, where /proc tells about it')
  }
  let executable: string
  let status: Map<string, string>
  try {
    status = statusOf(pid)
    executable = basename(readlinkSync(`/proc/${pid}/exe`))
  } catch (cause) {
    throw unreachable(pid, isMissing(cause) ? 'is not there' : 'belongs to somebody else', { cause })
  }
  if (!NODE.test(executable)) throw unreachable(pid, `is no Node: it runs ${executable}`)
  const state = status.get('State')?.slice(0, 1) ?? ''
  if ('TtZX'.includes(state)) throw unreachable(pid, 'is stopped, or has ended')
  if (readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net')) {
    throw unreachable(pid, 'runs in another network namespace, as in a container: watch it from there')
  }
}

/** Throws INSPECTOR_MISSING or PROCESS_UNREACHABLE for what would not open its inspector when asked. */
export function assertWouldOpen(pid: number): void {
  const status = statusOf(pid)
  const code = 'INSPECTOR_MISSING'
  if (!includesSignal(status.get('SigCgt')))
    throw unreachable(pid, 'does not catch SIGUSR1, and would die of it', { code })
  if (includesSignal(status.get('SigBlk'))) {
    throw unreachable(pid, 'opens no inspector: it was started with --disable-sigusr1', { code })
  }
  const taken = listeningNear(pid).some(({ port }) => port === DEFAULT_PORT)
  if (taken && !choosesPort(pid)) {
    throw unreachable(pid, `would open its inspector on port ${DEFAULT_PORT}, which another program has`)
  }
}

/** Whether its inspector is active. Node 20 does not name its threads: there, never. */
export function hasInspectorThread(pid: number): boolean {
  const folder = `/proc/${pid}/task`
  return readdirSync(folder).some(task => textOf(`${folder}/${task}/comm`).trimEnd() === 'InspectorIo')
}

export function isAlive(pid: number): boolean {
  const state = textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.slice(0, 1) ?? ''
  return state !== '' && !'ZX'.includes(state)
}

/** That a process cannot be watched, and why. */
export function unreachable(
  pid: number,
  why: string,
  { code = 'PROCESS_UNREACHABLE', cause }: { readonly code?: LeaktestErrorCode; readonly cause?: unknown } = {},
): LeaktestError {
  return new LeaktestError(code, `Process ${pid} ${why}.`, { cause, facts: { pid } })
}

/** `node`, `nodejs`, `node24`, `node-v24.1.0`, also after it was replaced by an update. */
const NODE = /^node(js)?[-.v\d]*( \(deleted\))?$/
/** The inspector's, where the program says nothing. */
const DEFAULT_PORT = 9229

function choosesPort(pid: number): boolean {
  const given = textOf(`/proc/${pid}/cmdline`) + textOf(`/proc/${pid}/environ`)
  return /--(inspect|debug)(-port|-brk|-wait)?=/.test(given)
}

function includesSignal(mask: string | undefined): boolean {
  return ((BigInt(`0x${mask ?? '0'}`) >> BigInt(constants.signals.SIGUSR1 - 1)) & 1n) === 1n
}

function statusOf(pid: number): Map<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trimEnd().split('\n')
  return new Map(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function isMissing(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ENOENT' || code === 'ESRCH'
}
