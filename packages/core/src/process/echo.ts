/** What comes so soon after a signal is its echo: npm forwards a terminal's Ctrl-C, which has arrived already. Milliseconds. */
export const ECHO = 300

/**
 * Tells a signal from its echo.
 *
 * A process that is held up, by a locked store or a busy machine, sees a signal long after it came. The time for an echo
 * therefore ends when this process has looked for signals once more after it, not by the clock alone.
 */
export interface EchoFilter {
  /** Whether a signal that is seen now counts. One that does opens the time for its echo; an echo does not prolong it. */
  readonly counts: () => boolean
  /** Leaves no timer. */
  readonly close: () => void
}

export function createEchoFilter(): EchoFilter {
  let timer: NodeJS.Timeout | undefined
  let look: NodeJS.Immediate | undefined
  const over = (): void => {
    timer = look = undefined
  }
  return {
    counts() {
      if (timer !== undefined) return false
      // After a pause of this process its timers come first, then the signals that wait, then this.
      timer = setTimeout(() => (look = setImmediate(over)), ECHO).unref()
      return true
    },
    close() {
      clearTimeout(timer)
      clearImmediate(look)
      over()
    },
  }
}
