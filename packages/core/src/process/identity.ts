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
