/** Why a process ends. */
export interface ShutdownReason {
  /** A signal's name, `uncaughtException`, `unhandledRejection`, or what the program said. */
  readonly name: string
  /** What nobody caught. Wrapped, since anything can be thrown, `undefined` too. */
  readonly fatal?: { readonly error: unknown }
}

/** How a shutdown went. */
export interface ShutdownReport {
  readonly reason: string
  /** What the process exits with. */
  readonly code: number
  readonly milliseconds: number
  /** What refused, was cut off or was fatal, in the order in which it happened. */
  readonly errors: readonly unknown[]
  /** Orphans that ended and that this process, as PID 1, inherited and cannot collect. */
  readonly zombies: number
}
