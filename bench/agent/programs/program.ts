import { once } from 'node:events'
import type { ModelServerCounts } from '../../../packages/core/test/agent/model-server/server.ts'
import type { Figures } from '../processes.ts'

/** What a program has around it. */
export interface Surroundings {
  /** Of the server. */
  readonly origin: string
  readonly counts: () => Promise<ModelServerCounts>
}

/** Does what the first argument says, and sends what was found to the process that forked this one. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it types what was sent as JSON, once, here
export async function main<Task>(work: (task: Task, surroundings: Surroundings) => Promise<Figures>): Promise<void> {
  const { origin, ...task } = JSON.parse(process.argv[2] ?? '{}')
  process.once('disconnect', () => process.exit())
  const figures = await work(task, { origin, counts })
  process.send?.({ figures })
}

async function counts(): Promise<ModelServerCounts> {
  const answer = once(process, 'message')
  process.send?.({ ask: 'counts' })
  const [message] = await answer
  return message
}
