import { FAILING_VERDICTS, isReport, type Progress, type TestOutcome } from '@oakum/leaktest'
import type { Cause } from './cause.ts'
import type { Message } from './messages.ts'

/** Who is told what becomes of the scenarios of a file. */
export interface LedgerListener {
  readonly onOutcome: (outcome: TestOutcome) => void
  readonly onProgress: (name: string, progress: Progress) => void
}

/** What the process of a file has told, and what it owes: one outcome for each scenario that it named, and at least one. */
export class Ledger {
  readonly #name: string
  readonly #listener: LedgerListener
  readonly #owed = new Set<string>()
  #current: string
  #outcomes = 0
  #failures = 0
  #filtered = false
  #empty = false

  /** @param name What the file is called, for what no scenario can be named for. */
  constructor(name: string, listener: LedgerListener) {
    this.#name = name
    this.#current = name
    this.#listener = listener
  }

  take(message: Message): void {
    switch (message.kind) {
      case 'list':
        this.#filtered = message.names.length === 0
        for (const name of message.names) this.#owed.add(name)
        return
      case 'start':
        this.#current = message.name
        return
      case 'progress':
        this.#listener.onProgress(this.#current, message.progress)
        return
      case 'report':
        this.#tell(message.report)
        return
      case 'failed':
        this.#tell(message.failed)
        return
      case 'empty':
        this.#empty = true
    }
  }

  /** The process is gone. `cause` is why, when it did not end as it should. */
  end(cause: Cause | undefined): void {
    const explained = this.#failures > 0 && this.#owed.size === 0
    if (cause !== undefined && (cause.abrupt || !explained)) this.#fail(this.#current, cause)
    for (const name of this.#owed) {
      this.#fail(name, { code: 'NOT_RUN', message: 'Not run, since the process of its file had ended.' })
    }
    if (this.#outcomes > 0 || this.#filtered) return
    const message = this.#empty
      ? 'The file exports no scenario, as `default` or in `scenarios`, and ran no leak test itself.'
      : 'The process ended without a word.'
    this.#fail(this.#name, { code: 'NO_SCENARIO', message })
  }

  #fail(name: string, { code, message }: Pick<Cause, 'code' | 'message'>): void {
    this.#tell({ name, error: { code, message } })
  }

  #tell(outcome: TestOutcome): void {
    this.#outcomes++
    if (!isReport(outcome) || FAILING_VERDICTS.has(outcome.verdict)) this.#failures++
    this.#owed.delete(outcome.name)
    this.#listener.onOutcome(outcome)
  }
}
