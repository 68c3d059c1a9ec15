/** Signals that ask the wrapper to end. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Signals this close together count as one: npm forwards a terminal's Ctrl-C, which has arrived already. Milliseconds. */
const SAME_SIGNAL = 300

export interface SignalOptions {
  /**
   * The command shares the terminal's foreground group: Ctrl-C and Ctrl-\ reach it directly, it alone decides what they
   * mean, and here they are swallowed. A program that takes Ctrl-C as "stop this line" goes on living.
   */
  foreground: boolean
  /** Called with each signal that is not an echo of the one before. */
  onSignal: (signal: StopSignal) => void
}

/** Listens for the signals that end a run, and returns what stops listening. */
export function listenForSignals({ foreground, onSignal }: SignalOptions): () => void {
  let last = Number.NEGATIVE_INFINITY
  const receive = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    const echo = now - last < SAME_SIGNAL
    last = now
    if (!echo && isStopSignal(signal)) onSignal(signal)
  }
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>()
  for (const signal of STOP_SIGNALS) listeners.set(signal, receive)
  if (foreground) listeners.set('SIGINT', swallow).set('SIGQUIT', swallow)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

function swallow(): void {}

function isStopSignal(signal: NodeJS.Signals): signal is StopSignal {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP'
}
