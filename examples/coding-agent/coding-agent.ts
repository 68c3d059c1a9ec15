/**
 * An agent, from its registration to its end.
 *
 * All that it holds is in one scope, and its lease: the loop with its runs, tools and servers, the terminal, the listeners. One signal,
 * the lease's, says that it is to stop, whoever wants that: SIGTERM, a closed terminal, `oakum stop`, or a coordinator that took the lease.
 */
import { randomBytes } from 'node:crypto'
import { AgentLoop } from '@oakum/core/agent'
import { type ErrorCode, isOakumError } from '@oakum/core/errors'
import { connect, handleShutdown } from '@oakum/core/fleet'
import { Scope } from '@oakum/core/scope'
import { approvals } from './approvals.ts'
import type { Options } from './arguments.ts'
import { Conversation } from './conversation.ts'
import { openModel } from './model.ts'
import { Terminal } from './terminal.ts'
import { openTools } from './tools.ts'
import { describe } from './visible.ts'

/** The exit code that a shell knows Ctrl-C by. */
const INTERRUPTED = 130

/** What a store says that is away for a moment. Whether the agent lives on without it is for its lease to say. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['STORE_BUSY', 'STORE_FULL', 'STORE_UNREADABLE'])

/** Returns the exit code, when all is released. */
export async function runCodingAgent(options: Options): Promise<number> {
  // The pid tells people which one it is; containers that share a store have the same ones.
  const id = `coding-agent-${process.pid}-${randomBytes(3).toString('hex')}`
  const scope = new Scope(id)
  const fleet = await connect(options.store)
  const shutdown = handleShutdown(fleet, { scopes: [scope], exit: false })
  let answered = false
  try {
    const agent = await fleet.register({ id, scope, labels: { root: options.root, model: options.model } })
    const tellState = async (state: string): Promise<void> => {
      if (agent.signal.aborted) return // it may be released already
      await agent.setState(state).catch((error: unknown) => {
        if (!isOakumError(error) || !AWAY.has(error.code)) throw error // else it is not shown, and that is all
      })
    }
    // Nobody reads any more.
    const stop = (): void => void shutdown.shutdown('closed output')
    for (const stream of [process.stdout, process.stderr]) scope.on(stream, 'error', stop)

    const terminal = new Terminal(scope, {
      onCtrlC: () => {
        if (conversation.interrupt()) return
        process.kill(process.pid, 'SIGINT') // as it would be without us: shuts down, and the next one ends at once
      },
      onEnd: () => conversation.end(),
    })
    const loop = new AgentLoop({
      name: 'loop',
      scope,
      model: openModel(options),
      tools: openTools(options),
      instructions: instructions(options),
      approve: approvals(options.approve, terminal, () => tellState('waiting for approval')),
      limits: { turns: options.maxTurns },
    })
    loop.join(agent)
    const conversation = new Conversation({ loop, terminal, tellState, signal: agent.signal })
    if (terminal.interactive) {
      await terminal.note(`${id}: ${options.model} in ${options.root}. Ctrl-C cancels, twice ends.`, 'dim')
    }
    answered = await conversation.hold(options.prompt)
    if (agent.signal.aborted && !isInterrupted(shutdown.signal)) {
      await terminal.note(`  ${describe(agent.signal.reason)}`, 'yellow')
    }
  } catch (error) {
    if (!isInterrupted(shutdown.signal)) throw error // else it came from what had ended under it
  } finally {
    const { code } = await shutdown.shutdown('done')
    if (code !== 0) answered = false
  }
  if (isInterrupted(shutdown.signal)) return INTERRUPTED
  return answered ? 0 : 1
}

/** Whether a shutdown was begun by SIGINT: Ctrl-C, with a terminal or without. */
function isInterrupted({ reason }: AbortSignal): boolean {
  return isOakumError(reason, 'STOP_REQUESTED') && reason.facts.reason === 'SIGINT'
}

function instructions({ root }: Options): string {
  return [
    `You are a coding agent. You work in the folder ${root}; paths are relative to it, and commands start there.`,
    'Look before you change something, and check afterwards that it works. Answer in plain text, and briefly.',
  ].join('\n')
}
