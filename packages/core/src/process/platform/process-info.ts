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
}

/** What a system tells about its processes. Each call is synchronous, and fresh. */
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
}
