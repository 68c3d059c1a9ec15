import type { ProcessMemory } from './process-memory.ts'

/** What a process is doing, as far as ending it is concerned. */
export type ProcessState = 'running' | 'stopped' | 'uninterruptible' | 'zombie'

/** One process, as the system showed it at one moment. */
export interface ProcessInfo {
  pid: number
  ppid: number
  /** Process group; 0 where the system has none. */
  pgid: number
  /** Session; 0 where the system has none. */
  session: number
  state: ProcessState
  /** See `ProcessIdentity.startTime`. */
  startTime: string
  /** A thread of the kernel: it has no program, and no signal reaches it. */
  kernel: boolean
  /** The program's short name. */
  name: string
  /** Processor time that it has used, without its children's, in milliseconds. Left out where the system does not tell at once. */
  cpu?: number
}

/** What a process is and how it stands: more than a look at all of them needs. */
export interface ProcessDetails {
  /** The command line, word by word. */
  arguments: readonly string[]
  /** Milliseconds since it started. */
  age: number
  /** Whether it belongs to a terminal that is still open. */
  hasTerminal: boolean
  /** Whether SIGTERM reaches a handler of its own. */
  handlesTerm: boolean
  /** The control group that it is in, as a path; empty where the system has none. */
  controlGroup: string
}

/** What a process has open and runs. Null is what may not be read, or what the system does not tell. */
export interface ProcessUsage {
  descriptors: number | null
  threads: number | null
}

/** What a system tells about its processes. Each call but the last is synchronous, and all are fresh. */
export interface Platform {
  /** Names the boot, and the pid namespace where there are such. Constant for the life of this process. */
  bootId(): string
  /** Null when no process has that pid. */
  read(pid: number): ProcessInfo | null
  /** All processes that this one may see. They are read one by one: what forks or ends meanwhile may be missed. */
  readAll(): ProcessInfo[]
  /** The environment that the process was started with, as NUL-separated text; null when it may not be read. */
  environment(pid: number): string | null
  /** The whole command line; null when it may not be read. */
  commandLine(pid: number): string | null
  /** Null when it is gone, or may not be read. */
  details(pid: number): ProcessDetails | null
  /** Null when it is gone. */
  usage(pid: number): ProcessUsage | null
  /** Whether it waits for connections of others; null when it is gone, or the system does not tell. */
  listens(pid: number): boolean | null
  /** What processes take of the memory, one after the other. Left out: who is gone, and who may not be looked at. */
  memoryOf(pids: Iterable<number>): Promise<Map<number, ProcessMemory>>
}
