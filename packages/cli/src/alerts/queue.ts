import { OakumError } from '@oakum/core/errors'
import { plural } from '../output/plural.ts'
import type { Alert } from './alert.ts'

/** Alerts that wait for one way out; beyond it the oldest are given up. */
const WAITING = 100

/** Sends one alert. Rejects when it could not be sent, and soon after `signal` aborted. */
export type Send = (alert: Alert, signal: AbortSignal) => Promise<void>

/**
 * Alerts on one way out: one at a time, in order. What cannot be sent is told to `onError`, and ends nothing.
 */
export class AlertQueue {
  readonly #send: Send
  readonly #onError: (error: unknown) => void
  readonly #abort = new AbortController()
  #waiting: Alert[] = []
  #lost = 0
  #sending: Promise<void> | undefined

  constructor(send: Send, onError: (error: unknown) => void) {
    this.#send = send
    this.#onError = onError
  }

  push(alert: Alert): void {
    if (this.#abort.signal.aborted) return
    this.#waiting.push(alert)
    if (this.#waiting.length > WAITING) {
      this.#waiting.shift()
      this.#lost += 1
    }
    this.#sending ??= this.#work().finally(() => {
      this.#sending = undefined
    })
  }

  /** Sends what waits, for so many milliseconds; then what is under way is aborted, and the rest given up. */
  async close(deadline: number): Promise<void> {
    const timer = setTimeout(() => this.#abort.abort(), deadline)
    await this.#sending
    clearTimeout(timer)
    this.#abort.abort()
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    const { signal } = this.#abort
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      if (signal.aborted) this.#lost += 1
      else await this.#send(alert, signal).catch(this.#onError)
    }
    if (this.#lost === 0) return
    const message = `There was no time to send ${plural(this.#lost, 'alert')}; given up.`
    this.#lost = 0
    this.#onError(new OakumError('ALERT_NOT_SENT', message))
  }
}
