/**
 * Which process a pid means.
 *
 * All calls are synchronous and fresh, and cost about 10 µs on Linux: they may be polled for hundreds of processes.
 */
import { platform } from './platform/platform.ts'
import type { ProcessInfo } from './platform/process-info.ts'

/**
 * Which process, beyond its pid. A pid is reused; pid, start time and boot together are not.
 * On Linux `bootId` also names the pid namespace: a process of another container is none of ours.
 */
export interface ProcessIdentity {
  pid: number
  /** Start time in the system's own unit (Linux: clock ticks since boot), as text; it is only ever compared or ordered. */
  startTime: string
  /** The boot and pid namespace that the pid belongs to. */
  bootId: string
}

/** The identity of the process that has this pid now, a zombie included; null when there is none. */
export function identify(pid: number): ProcessIdentity | null {
  const info = read(pid)
  return info && identityOf(info)
}

let self: ProcessIdentity | undefined

/** The identity of this very process. */
export function selfIdentity(): ProcessIdentity {
  // A worker thread shares its process; a fork of Node's does not exist, so the answer never changes.
  self ??= identify(process.pid) ?? { pid: process.pid, startTime: '0', bootId: platform.bootId() }
  return self
}

/**
 * Whether this very process lives here and now; a zombie does not. False says nothing about a process of another boot or
 * pid namespace: ask {@link isLocal} first where that matters.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  const info = find(identity)
  return info !== null && info.state !== 'zombie'
}

/** Whether this very process has ended and waits for its parent to collect it. */
export function isZombie(identity: ProcessIdentity): boolean {
  return find(identity)?.state === 'zombie'
}

/** Whether the identity's pid belongs to this boot and pid namespace, so that {@link isAlive} can judge it. */
export function isLocal(identity: ProcessIdentity): boolean {
  return identity.bootId === platform.bootId()
}

/** Whether it belongs to this boot but to another pid namespace: it may live, and cannot be looked at or ended from here. */
export function isElsewhere(identity: ProcessIdentity): boolean {
  return !isLocal(identity) && kernelOf(identity.bootId) === kernelOf(platform.bootId())
}

function kernelOf(bootId: string): string {
  return bootId.slice(0, bootId.lastIndexOf(':'))
}

/** Whether both mean the same process. */
export function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId
}

/** The identity of a row of the process table. */
export function identityOf(info: ProcessInfo): ProcessIdentity {
  return { pid: info.pid, startTime: info.startTime, bootId: platform.bootId() }
}

/** Whether one start time lies before another of the same boot. Equal ticks (10 ms on Linux) are not before. */
export function startedBefore(a: { startTime: string }, b: { startTime: string }): boolean {
  return Number(a.startTime) < Number(b.startTime)
}

/** The row of this very process, now; null when it is gone, or its pid means another one. */
export function find(identity: ProcessIdentity): ProcessInfo | null {
  if (!isLocal(identity)) return null
  const info = read(identity.pid)
  return info?.startTime === identity.startTime ? info : null
}

function read(pid: number): ProcessInfo | null {
  return Number.isSafeInteger(pid) && pid > 0 ? platform.read(pid) : null
}
