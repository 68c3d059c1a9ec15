/**
 * Starts and informs the guardian: a small shell program that ends the tree when the wrapper was killed, with no
 * coordinator in sight. See guardian.sh for what it does.
 *
 * Invariants:
 * - It is there before the command is, so there is no moment without.
 * - The only write end of its pipe is this process's and is closed on exec: it ends exactly when this process does.
 * - It carries no mark, and sits in a session of its own: no signal of a terminal reaches it, no owner ends it.
 * - After `close()` it is gone and has been collected.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ProcessIdentity } from '@oakum/core/process'

/** Published with the sources: the compiler copies no shell programs. */
const PROGRAM = fileURLToPath(new URL('../../src/run/guardian.sh', import.meta.url))

/** Milliseconds that it gets to start, and to end after `done`. */
const START_LIMIT = 30_000
const END_LIMIT = 1_000

/** The system's own tools first, whatever the user's path has. */
const PATH_FIRST = '/usr/bin:/bin'

/** Why there is no guardian here; undefined when there can be one. */
export function whyNoGuardian(): string | undefined {
  if (!existsSync('/proc/self/stat')) return 'this system has no /proc'
  return existsSync('/bin/sh') ? undefined : 'there is no /bin/sh'
}

/** Starts a guardian for what carries a mark. Rejects when it does not come up. */
export async function startGuardian(mark: string): Promise<Guardian> {
  const child = spawn('/bin/sh', [PROGRAM, mark], {
    cwd: '/',
    detached: true,
    env: { PATH: `${PATH_FIRST}:${process.env.PATH ?? ''}` },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const guardian = new Guardian(child, child.stdin)
  try {
    await ready(child)
    return guardian
  } catch (error) {
    await guardian.close()
    throw error
  }
}

export class Guardian {
  readonly #child: ChildProcess
  readonly #input: Writable
  readonly #ended: Promise<void>
  #tree = ''
  #kept = ''

  constructor(child: ChildProcess, input: Writable) {
    this.#child = child
    this.#input = input
    // A guardian that somebody killed: whatever is written to it then goes nowhere.
    input.on('error', () => {})
    this.#ended = new Promise(resolve => {
      child.once('close', () => resolve())
      child.once('error', () => resolve())
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The command leads the process group of its own pid. */
  group(leader: ProcessIdentity): void {
    this.#input.write(`group ${line([leader])}\n`)
  }

  /** The tree as it is now, and what of it must never be ended. Writes only what changed. */
  remember(tree: Iterable<ProcessIdentity>, kept: Iterable<ProcessIdentity>): void {
    const [treeLine, keptLine] = [line(tree), line(kept)]
    // What is kept first: a guardian that learns of a process must know already that it is kept.
    if (keptLine !== this.#kept) this.#input.write(`keep ${keptLine}\n`)
    if (treeLine !== this.#tree) this.#input.write(`tree ${treeLine}\n`)
    this.#tree = treeLine
    this.#kept = keptLine
  }

  /** Says that nothing is left to do, and resolves when the guardian is gone. Idempotent. */
  async close(): Promise<void> {
    this.#input.end('done\n')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT)
    await this.#ended
    clearTimeout(timer)
  }
}

/** Resolves with its first words; rejects when it ends or is silent instead. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer)
      child.stdout?.destroy()
      child.off('exit', onExit).off('error', settle)
      if (error) reject(error)
      else resolve()
    }
    const onExit = (): void => settle(new Error('it ended at once'))
    const timer = setTimeout(() => settle(new Error('it does not answer')), START_LIMIT)
    child.once('exit', onExit).once('error', settle)
    child.stdout?.once('data', () => settle())
  })
}

function line(identities: Iterable<ProcessIdentity>): string {
  return Array.from(identities, ({ pid, startTime }) => `${pid}:${startTime}`).join(' ')
}
