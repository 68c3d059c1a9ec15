/**
 * `oakum run`: any program as an agent.
 *
 * Invariants:
 * - The program is owned before it starts: by a lease that names its mark, and by a guardian.
 * - When this resolves, nothing of the program lives except what was kept or refuses to go; the latter is said on stderr.
 * - The program's own output is never lost to a failing store.
 * - A program that passes a limit is ended with its tree, and the exit code says which limit it was.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { isOakumError, OakumError } from '@oakum/core/errors'
import { connect, type Agent, type Fleet } from '@oakum/core/fleet'
import { newMark, sameProcess, type EndReport, type ProcessIdentity } from '@oakum/core/process'
import { describeFailure, reportError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { startCommand, type StartedCommand } from './child.ts'
import { startGuardian, whyNoGuardian, type Guardian } from './guardian.ts'
import { openLimitWatch, type LimitWatch } from './limits/limit-watch.ts'
import { describeExceeded, exitCodeOf, type Exceeded, type Limits } from './limits/limits.ts'
import { Output } from './output.ts'
import { StopRequests } from './stop-requests.ts'
import { TreeWatch } from './tree-watch.ts'

export interface RunOptions {
  command: string
  args: readonly string[]
  /** The store's URL. */
  store: string
  id: string
  parent?: string
  labels: Readonly<Record<string, string>>
  /** Whether what the command leaves behind when it ends by itself lives on. */
  keep: boolean
  /** Whether piped output is stored as events. */
  capture: boolean
  /** What of it is not stored, beside what is known for a secret; global expressions. */
  redact: readonly RegExp[]
  /** Milliseconds from the first signal to SIGKILL. */
  drain: number
  limits: Limits
}

/** What a command left behind gets from SIGTERM to SIGKILL, milliseconds. */
const LEFTOVER_GRACE = 5_000

/** From the first request until the fleet is told that the agent drains, milliseconds. */
const TELL_AFTER = 50

/** Runs the command to its end and resolves to its exit code. Throws COMMAND_NOT_FOUND, and what a store may throw. */
export async function run(options: RunOptions): Promise<number> {
  const mark = newMark()
  const guardian = await guard(mark)
  let requests: StopRequests | undefined
  try {
    const fleet = await connect(options.store)
    try {
      const { id, labels, parent } = options
      const agent = await fleet.register({
        id,
        labels,
        ...(parent === undefined ? {} : { parent }),
        marker: mark,
        ownsProcess: true,
        state: 'running',
      })
      // Whoever reads a terminal must stay in its foreground group: a background group that reads it is stopped (SIGTTIN).
      requests = new StopRequests(agent, { foreground: isatty(0) })
      return await supervise(options, { agent, fleet, guardian, mark, requests })
    } finally {
      await fleet.close().catch(reportError)
    }
  } finally {
    await guardian?.close()
    requests?.close()
  }
}

interface Owners {
  agent: Agent
  fleet: Fleet
  guardian: Guardian | null
  mark: string
  requests: StopRequests
}

async function supervise(options: RunOptions, { agent, fleet, guardian, mark, requests }: Owners): Promise<number> {
  const foreground = isatty(0)
  const onTerminal = foreground && isatty(1)
  const limits = await openLimitWatch(options.limits, mark)
  try {
    const command = await limits.start(() =>
      startCommand(options.command, options.args, {
        env: { ...process.env, ...agent.env },
        ownGroup: !foreground,
        piped: options.capture && !onTerminal,
      }),
    )
    limits.watch(command.identity)
    if (!foreground) guardian?.group(command.identity)
    const output = new Output(command, { agent: agent.id, fleet, redact: options.redact })
    const tree = new TreeWatch({ fleet, guardian, limits, mark, root: command.identity, hurry: requests.hurry })
    try {
      return await untilGone(options, { agent, command, fleet, limits, output, requests, tree })
    } finally {
      tree.close()
    }
  } finally {
    await limits.close()
    requests.drained()
  }
}

interface Running {
  agent: Agent
  command: StartedCommand
  fleet: Fleet
  limits: LimitWatch
  output: Output
  requests: StopRequests
  tree: TreeWatch
}

async function untilGone(options: RunOptions, running: Running): Promise<number> {
  const { agent, command, limits, output, requests, tree } = running
  const exited = command.exited.then(code => {
    tree.rootEnded()
    return code
  })
  const stopped = stopWhenAsked(options, running)
  const limited = limits.exceeded.then(exceeded => endExceeded(exceeded, options, running))
  await Promise.race([exited, stopped, limited])

  let left: readonly { identity: ProcessIdentity }[]
  const mayLive = options.keep && !requests.asked && (await limits.close()) === undefined
  if (mayLive) left = await tree.letGo()
  else left = reportLeft(await tree.end('SIGTERM', LEFTOVER_GRACE))
  const exceeded = await limits.close()
  if (exceeded !== undefined) await limited
  await output.finish(requests.hurry)

  if (isOakumError(agent.signal.reason, 'FENCED')) reportError(agent.signal.reason)
  if (requests.exitCode !== undefined) return requests.exitCode
  if (exceeded !== undefined) return exitCodeOf(exceeded)
  return left.some(({ identity }) => sameProcess(identity, command.identity)) ? EXIT.failed : exited
}

/** Memory and processes are ended by who watches them, at once; to be out of time is to be asked to stop, as by a signal. */
async function endExceeded(exceeded: Exceeded, options: RunOptions, { agent, fleet, tree }: Running): Promise<void> {
  console.error(describeFailure(describeExceeded(agent.id, exceeded), 'LIMIT_EXCEEDED'))
  const data = { epoch: agent.epoch, ...exceeded }
  const ended = tree.end('SIGTERM', exceeded.limit === 'time' ? options.drain : 0)
  await fleet.events.append([{ type: 'agent_limit_exceeded', agent: agent.id, data }]).catch(reportError)
  await ended
}

async function stopWhenAsked(options: RunOptions, { agent, requests, tree }: Running): Promise<void> {
  const signal = await requests.first
  const over = new AbortController()
  // For those who look on; a lease that has ended cannot say it any more. The signals go first: to write to a store that
  // somebody keeps locked holds up this whole process.
  const told = sleep(TELL_AFTER, undefined, { signal: over.signal })
    .then(() => agent.drain())
    .catch(() => {})
  await tree.end(signal, options.drain)
  over.abort()
  await told
}

/** Says which processes refuse to go, and returns them. */
function reportLeft({ refused }: EndReport): readonly { identity: ProcessIdentity }[] {
  const survivors = refused.filter(({ why }) => why === 'EPERM' || why === 'uninterruptible' || why === 'survived')
  if (survivors.length > 0) {
    const names = survivors.map(({ identity, command, why }) => `${identity.pid} (${command}): ${why}`)
    reportError(new OakumError('RESOURCE_REFUSED', `processes live on: ${names.join(', ')}`))
  }
  return refused
}

/** A guardian, or one line that says why there is none. */
async function guard(mark: string): Promise<Guardian | null> {
  let why = whyNoGuardian()
  if (why === undefined) {
    try {
      return await startGuardian(mark)
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    }
  }
  console.error(`oakum: no guardian (${why}): when oakum itself is killed, only a coordinator ends the command`)
  return null
}
