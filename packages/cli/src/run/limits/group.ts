/**
 * A control group of cgroup v2 for one run, where the system lets us make one.
 *
 * It bounds memory in the kernel, which no watching can: the group is out of memory, not the machine, and goes as a whole. Of
 * processes the kernel counts threads as well, so its bound is only a second line, far above the first: see THREADS.
 *
 * Invariants:
 * - Nothing is assumed: a group counts only when it was made, its bounds were accepted, and this process went in and out again.
 * - Other groups are left as they are: no controller is switched on, nobody else's process is moved.
 * - What is started between `enter` and `leave` is in the group from its first instruction; this process is not, after `leave`.
 * - After `close()` the group is gone; what may live on was moved to where this process is.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { identify, selfIdentity } from '@oakum/core/process'
import type { Limits } from './limits.ts'
import type { Usage } from './usage.ts'

/** Threads that a process may have on average before the kernel refuses to start more. */
const THREADS = 64

const PREFIX = 'oakum-'

/** Makes a group with these bounds. Null where that cannot be; then nothing is left of the attempt. */
export function openGroup(limits: Limits): Group | null {
  const own = ownFolder()
  if (own === null) return null
  const needed = [
    ...(limits.memory === undefined ? [] : ['memory']),
    ...(limits.processes === undefined ? [] : ['pids']),
  ]
  // A group that has processes can give no controller to a group below it, so a neighbour is the usual case.
  for (const parent of [own, dirname(own)]) {
    const given = words(join(parent, 'cgroup.subtree_control'))
    if (needed.length === 0 || !needed.every(controller => given.includes(controller))) continue
    removeForgotten(parent)
    const group = tryOpen(parent, own, limits)
    if (group !== null) return group
  }
  return null
}

export class Group {
  readonly folder: string
  readonly #home: string

  /** Made by {@link openGroup}. `home`: the folder of the group that this process belongs to. */
  constructor(folder: string, home: string) {
    this.folder = folder
    this.#home = home
  }

  /** This process, and what it starts, belongs to the group from now on. */
  enter(): void {
    move(process.pid, this.folder)
  }

  /** This process belongs to where it was before; what it started stays. */
  leave(): void {
    move(process.pid, this.#home)
  }

  /** Removes the group. Idempotent. */
  close(): void {
    for (const pid of words(join(this.folder, 'cgroup.procs'))) attempt(() => move(Number(pid), this.#home))
    attempt(() => rmdirSync(this.folder))
  }
}

/** What a group takes, and whether the kernel has ended it for want of memory. `spared` does not count. */
export function groupUsage(folder: string, spared: ReadonlySet<number>): Usage & { outOfMemory: boolean } {
  const pids = words(join(folder, 'cgroup.procs')).filter(pid => !spared.has(Number(pid)))
  const events = read(join(folder, 'memory.events')) ?? ''
  const outOfMemory = Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0
  const memory = Number(read(join(folder, outOfMemory ? 'memory.peak' : 'memory.current')) ?? 0)
  return { processes: pids.length, memory, outOfMemory }
}

/**
 * The folder of the group that a process belongs to: its path from `/proc/PID/cgroup` below the place where `/proc/PID/mountinfo`
 * says that cgroup v2 is mounted. Null when there is none, or when it lies outside of what is mounted.
 */
export function groupFolder(cgroup: string, mountinfo: string): string | null {
  const path = /^0::(?<path>\/.*)$/m.exec(cgroup)?.groups?.['path']
  if (path === undefined || path.split('/').includes('..')) return null
  for (const line of mountinfo.split('\n')) {
    const [mount = '', type = ''] = line.split(' - ')
    const [, , , root = '', point = ''] = mount.split(' ')
    if (!type.startsWith('cgroup2 ')) continue
    const prefix = root === '/' ? '' : root
    if (path === prefix || path.startsWith(`${prefix}/`)) return join(point, path.slice(prefix.length))
  }
  return null
}

function ownFolder(): string | null {
  const folder = groupFolder(read('/proc/self/cgroup') ?? '', read('/proc/self/mountinfo') ?? '')
  return folder !== null && existsSync(join(folder, 'cgroup.procs')) ? folder : null
}

function tryOpen(parent: string, own: string, { memory, processes }: Limits): Group | null {
  const { pid, startTime } = selfIdentity()
  const folder = join(parent, `${PREFIX}${pid}-${startTime}`)
  const group = new Group(folder, own)
  try {
    mkdirSync(folder)
    if (memory !== undefined) {
      writeFileSync(join(folder, 'memory.max'), String(memory))
      writeFileSync(join(folder, 'memory.oom.group'), '1')
      // Not there on a system without swap.
      if (existsSync(join(folder, 'memory.swap.max'))) writeFileSync(join(folder, 'memory.swap.max'), '0')
    }
    if (processes !== undefined) writeFileSync(join(folder, 'pids.max'), String(processes * THREADS))
    group.enter()
    group.leave()
    return group
  } catch {
    group.close()
    return null
  }
}

/** Groups of wrappers that were killed. One that is in use cannot be removed. */
function removeForgotten(parent: string): void {
  for (const name of attempt(() => readdirSync(parent)) ?? []) {
    const [, pid, startTime] = /^oakum-(\d+)-(\d+)$/.exec(name) ?? []
    if (pid !== undefined && identify(Number(pid))?.startTime !== startTime)
      attempt(() => rmdirSync(join(parent, name)))
  }
}

function move(pid: number, folder: string): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(pid))
}

function words(path: string): string[] {
  return (read(path) ?? '').split(/\s+/).filter(word => word !== '')
}

function read(path: string): string | null {
  return attempt(() => readFileSync(path, 'utf8'))
}

function attempt<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}
