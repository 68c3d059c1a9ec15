/** How long a cancel takes to settle while a tool runs that rejects at once when its signal aborts. */
import { AgentLoop } from '../../../packages/core/src/agent/agent-loop.ts'
import { tool } from '../../../packages/core/src/agent/tools/define-tool.ts'
import type { Figures } from '../processes.ts'
import { ourSubjectOf } from '../subjects/index.ts'
import { LIMITS } from '../subjects/oakum.ts'
import { main } from './program.ts'

/** Cancels before any counts. */
const WARM_UP = 20

export interface SettleTask {
  readonly subject: string
  readonly count: number
}

const work = tool({
  name: 'work',
  description: 'Works until it is told to stop.',
  parameters: { type: 'object', properties: { what: { type: 'string' } } },
  execute: (_args, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
})

await main<SettleTask>(async ({ subject, count }, { origin }): Promise<Figures> => {
  const connect = await ourSubjectOf(subject).connect(origin)
  const loop = new AgentLoop({ model: connect('caller'), tools: [work], limits: LIMITS })
  const times: number[] = []
  for (let done = -WARM_UP; done < count; done++) {
    const time = await cancelOnce(loop)
    if (done >= 0) times.push(time)
  }
  await loop.terminate()
  return { cancels: count, p50: quantile(times, 0.5), p99: quantile(times, 0.99), most: Math.max(...times) }
})

async function cancelOnce(loop: AgentLoop): Promise<number> {
  let time = Number.NaN
  for await (const event of loop.run('Work.')) {
    if (event.type !== 'tool_started') continue
    const started = performance.now()
    const { refused } = await loop.cancel()
    time = performance.now() - started
    if (refused.length > 0) throw new Error('The cancel left something behind.')
  }
  return time
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN
}
