import { constants } from 'node:os'
import { createEchoFilter } from '@oakum/core/process'

/** Signals that ask a command to end. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

export interface SignalOptions {
  /**
   * A program shares the terminal's foreground group: Ctrl-C and Ctrl-\ reach it directly, it alone decides what they
   * mean, and here they are swallowed. A program that takes Ctrl-C as "stop this line" goes on living.
   * @default false
   */
  foreground?: boolean
  /** Called with each signal that is no echo of the last one that it was called with. */
  onSignal: (signal: StopSignal) => void
}

/** Listens for the signals that end a command, and returns what stops listening. */
export function listenForSignals({ foreground = false, onSignal }: SignalOptions): () => void {
  const filter = createEchoFilter()
  const receive = (signal: NodeJS.Signals): void => {
    if (isStopSignal(signal) && filter.counts()) onSignal(signal)
  }
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>()
  for (const signal of STOP_SIGNALS) listeners.set(signal, receive)
  if (foreground) listeners.set('SIGINT', swallow).set('SIGQUIT', swallow)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    filter.close()
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

/** The exit code of a command that a signal ended at once. */
export function exitCodeOfSignal(signal: StopSignal): number {
  return 128 + constants.signals[signal]
}

function swallow(): void {}

function isStopSignal(signal: NodeJS.Signals): signal is StopSignal {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP'
}
