import { once } from 'node:events'
import type { ModelServerCounts } from '../../../packages/core/test/agent/model-server/server.ts'
import type { Figures, Message } from '../processes.ts'

/** What a program has around it. */
export interface Surroundings {
  /** Of the server. */
  readonly origin: string
  readonly counts: () => Promise<ModelServerCounts>
  /** Tells how far the work is, from 0 to 1. */
  readonly progress: (done: number) => void
}

/** Does what the first argument says, and sends what was found to the process that forked this one. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it types what was sent as JSON, once, here
export async function main<Task>(work: (task: Task, surroundings: Surroundings) => Promise<Figures>): Promise<void> {
  const { origin, ...task } = JSON.parse(process.argv[2] ?? '{}')
  process.once('disconnect', () => process.exit())
  const figures = await work(task, { origin, counts, progress })
  send({ figures })
}

async function counts(): Promise<ModelServerCounts> {
  const answer = once(process, 'message')
  send({ ask: 'counts' })
  const [message] = await answer
  return message
}

function progress(done: number): void {
  send({ done })
}

function send(message: Message): void {
  process.send?.(message)
}
