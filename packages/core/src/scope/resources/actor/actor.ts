/** Options of `Actor.send` and `Actor.ask`. */
export interface SendOptions {
  /** Ends the waiting. A message that is still queued is then withdrawn. */
  signal?: AbortSignal | undefined
  /** Milliseconds to wait at most; the call then rejects with TIMEOUT, and likewise withdraws. @default no limit */
  timeout?: number | undefined
}

/** Options of `Actor.stop`. */
export interface ActorStopOptions {
  /** Milliseconds in which what is queued is handled; 0 ends it with the message at hand. @default the actor's own */
  drain?: number
}

/** What an actor has before it, and behind it. */
export interface ActorCounts {
  /** In the mailbox. At most `mailbox`. */
  readonly queued: number
  /** Senders that wait for room; only with `overflow: 'wait'`. */
  readonly waiting: number
  readonly handled: number
  /** Messages that the handler failed at. */
  readonly failed: number
  /** Messages that were dropped because the mailbox was full. */
  readonly dropped: number
}

/**
 * Handles messages one at a time, in the order in which they were sent.
 *
 * A failure of the handler costs the message that it failed at: `onError` is told, and the next message is handled. When it fails
 * more than `maxRestarts` times within `restartPeriod`, the actor itself has failed: it ends, and `onError` is told with
 * ACTOR_FAILED. To "restart" is no more than to go on: what a handler keeps for itself it has to put in order itself.
 */
export interface Actor<M, R> extends AsyncDisposable {
  readonly counts: ActorCounts
  /**
   * Puts a message into the mailbox, before it returns where there is room; resolves when it is there.
   * Rejects with MAILBOX_FULL, ACTOR_STOPPED, ABORTED or TIMEOUT.
   */
  send(message: M, options?: SendOptions): Promise<void>
  /**
   * Sends a message, and resolves to what the handler returns for it. Rejects with what it throws, with ACTOR_STOPPED when the
   * message was never handled, and as `send` does. An actor cannot ask itself: INVALID_OPTION.
   */
  ask(message: M, options?: SendOptions): Promise<R>
  /**
   * Takes no more messages, handles those that are queued, and ends. Rejects with ACTOR_NOT_DRAINED when time was up before all were
   * handled. Called by the handler itself it does not wait. A later call can only shorten the time. Idempotent.
   */
  stop(options?: ActorStopOptions): Promise<void>
}
