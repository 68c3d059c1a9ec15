/** The exit codes of every command. `oakum run` passes its child's own through instead. */
export const EXIT = {
  /** Done; also after a first signal that was drained. */
  ok: 0,
  /** Findings, failures, or something that refused to go. */
  failed: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** `run`: its program passed --max-processes. As sysexits has "cannot fork". */
  outOfProcesses: 71,
  /** `run`: its program passed --max-time. As `timeout` has it. */
  outOfTime: 124,
  /** The program to run may not be executed. */
  notExecutable: 126,
  /** The program to run does not exist. */
  notFound: 127,
  /** Ended at once by a second SIGINT. */
  interrupted: 130,
  /** `run`: its program passed --max-memory. As the kernel's OOM killer has it. */
  outOfMemory: 137,
  /** Ended at once by a second SIGTERM. */
  terminated: 143,
} as const
