import type { Fleet } from '@oakum/core/fleet'
import { reportError } from '../command/errors.ts'
import type { StartedCommand } from './child.ts'
import { LineSink } from './line-sink.ts'
import { OutputLog } from './output-log.ts'
import { Redactor } from './redact.ts'
import { Relay } from './relay.ts'

/** Milliseconds of silence after which a pipe that somebody keeps open is closed: who was kept, or escaped. */
const IDLE = 100

export interface OutputOptions {
  /** The agent whose output it is. */
  agent: string
  fleet: Fleet
  /** Patterns of the user's own; what they match is not stored. */
  redact: readonly RegExp[]
}

/** What a command prints: passed on, and stored as events of the agent. */
export class Output {
  readonly #log: OutputLog
  readonly #redact: readonly RegExp[]
  readonly #relays: Relay[] = []

  constructor(command: StartedCommand, { agent, fleet, redact }: OutputOptions) {
    this.#redact = redact
    this.#log = new OutputLog({
      agent,
      append: events => fleet.events.append(events),
      onError: reportError,
    })
    const { stdout, stderr } = command
    if (stdout) this.#relays.push(new Relay(stdout, process.stdout, this.#sink('stdout')))
    if (stderr) this.#relays.push(new Relay(stderr, process.stderr, this.#sink('stderr')))
  }

  /**
   * Passes on and stores what is left, once the command has ended. When `hurry` aborts, nothing more is passed on; what was
   * read is still stored.
   */
  async finish(hurry: AbortSignal): Promise<void> {
    const close = (): void => {
      for (const relay of this.#relays) relay.close()
    }
    hurry.addEventListener('abort', close, { once: true })
    if (hurry.aborted) close()
    await Promise.all(this.#relays.map(relay => relay.closeWhenIdle(IDLE)))
    hurry.removeEventListener('abort', close)
    await this.#log.close()
  }

  #sink(stream: 'stdout' | 'stderr'): LineSink {
    return new LineSink(stream, this.#log, new Redactor(process.env, this.#redact))
  }
}
