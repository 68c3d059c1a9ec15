/** One run of many turns, with a limit to what is remembered: what each turn leaves behind. */
import { AgentLoop } from '../../../packages/core/src/agent/agent-loop.ts'
import { tool } from '../../../packages/core/src/agent/tools/define-tool.ts'
import { theilSen, type Reading } from '../../theil-sen.ts'
import { collectedBytes } from '../memory.ts'
import type { Figures } from '../processes.ts'
import { ourSubjectOf } from '../subjects/index.ts'
import { LIMITS } from '../subjects/oakum.ts'
import { main } from './program.ts'

/** How often the heap is read. */
const READINGS = 20

export interface TurnsTask {
  readonly subject: string
  readonly count: number
}

const work = tool({
  name: 'work',
  description: 'Says what it was given.',
  parameters: { type: 'object', properties: { what: { type: 'string' } } },
  execute: ({ what }) => what,
})

await main<TurnsTask>(async ({ subject, count }, { origin, progress }): Promise<Figures> => {
  const connect = await ourSubjectOf(subject).connect(origin)
  const loop = new AgentLoop({ model: connect('caller'), tools: [work], limits: LIMITS })
  const readings: Reading[] = []
  const window = Math.ceil(count / READINGS)
  const started = performance.now()
  let turns = 0
  for await (const event of loop.run('Work.')) {
    if (event.type !== 'turn_finished') continue
    turns = event.turn
    if (turns % window === 0) {
      readings.push({ at: turns, value: await collectedBytes() })
      progress(turns / count)
    }
    if (turns >= count) break
  }
  if (turns < count) throw new Error(`The run ended after ${turns} turns.`)
  const milliseconds = (performance.now() - started) / count
  await loop.terminate()
  return { turns, bytes: theilSen(readings.slice(readings.length >> 1)), milliseconds, rss: process.memoryUsage.rss() }
})
