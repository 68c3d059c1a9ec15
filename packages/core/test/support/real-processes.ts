/**
 * Real programs for tests, and their end.
 *
 * Each test gets a token, a length of sleep that no other test uses. Whatever has it on its command line is the test's, is
 * found in /proc by it, and is killed by its pid when the test is over, also when it failed. None of the code under test is used.
 */
import { spawn, type SpawnOptions } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { onTestFinished } from 'vitest'

let tokens = 0

/** A length of sleep in seconds, some nine hours, that is this test's own. */
export function useToken(): string {
  const token = `31337.${process.pid}${String(++tokens).padStart(4, '0')}`
  onTestFinished(() => {
    for (const pid of pidsWith(token)) kill(pid)
  })
  return token
}

/** Starts a program directly, not through the code under test; detached, so that it leads a group of its own. */
export function start(command: string, args: readonly string[], options: SpawnOptions = {}): { pid: number } {
  const { pid } = spawn(command, args, { detached: true, stdio: 'ignore', ...options })
  if (pid === undefined) throw new Error(`${command} did not start`)
  const { startTime } = stat(pid) ?? {}
  onTestFinished(() => {
    if (startTime !== undefined && stat(pid)?.startTime === startTime) kill(pid)
  })
  return { pid }
}

/** Living processes with the token on their command line. Zombies have none. */
export function pidsWith(token: string): number[] {
  return allPids().filter(pid => pid !== process.pid && commandLine(pid).some(word => word.includes(token)))
}

/** Living processes that are `sleep TOKEN`, and nothing else. */
export function sleepers(token: string): number[] {
  return pidsWith(token).filter(pid => commandLine(pid).join(' ') === `sleep ${token}`)
}

/** Children of a process, zombies included. */
export function childrenOf(parent: number): number[] {
  return allPids().filter(pid => stat(pid)?.ppid === parent)
}

/** Some fields of /proc/PID/stat; undefined when the process is gone. */
export function stat(
  pid: number,
): { state: string; ppid: number; pgid: number; session: number; startTime: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state = '', ppid, pgid, session] = fields
    return { state, ppid: Number(ppid), pgid: Number(pgid), session: Number(session), startTime: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

/** Whether the pid lives; a zombie does not. */
export function lives(pid: number): boolean {
  const state = stat(pid)?.state
  return state !== undefined && state !== 'Z' && state !== 'X'
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
