/**
 * The model's service, in a process of its own, so that nothing of it counts as the subject's. Sends its origin to the process that
 * forked it, answers each of its messages with the counts, and ends with it.
 *
 * The model that is asked for says what is answered:
 * - `paced`: a few pieces at once and the rest over a second, so that a request which nobody ends goes on to its end.
 * - `flood`: 100 MB, as fast as they are read.
 * - `events`: EVENTS pieces, as fast as they are read.
 * - `caller`: a call of the tool `work`, each time.
 */
import { startModelServer, type Reply } from '../../../packages/core/test/agent/model-server/server.ts'
import { EVENTS, FLOOD_BYTES, isModelName, type ModelName } from '../models.ts'

const TEXT = 'The quick brown fox jumps over the lazy dog. '

const REPLIES: Readonly<Record<ModelName, Reply>> = {
  paced: { say: repeat(TEXT.repeat(4), 24), delay: 50, delayAfter: 4 },
  flood: { endless: { text: TEXT.repeat(20), bytes: FLOOD_BYTES } },
  events: { say: repeat(TEXT, EVENTS) },
  caller: { say: ['I look. '], calls: [{ name: 'work', arguments: { what: TEXT } }] },
}

const server = await startModelServer({
  script: ({ body: { model } }) => (isModelName(model) ? REPLIES[model] : { status: 404 }),
  keep: 1,
})
process.on('message', () => process.send?.(server.counts))
process.once('disconnect', () => process.exit())
process.send?.(server.url)

function repeat(text: string, times: number): string[] {
  return Array.from({ length: times }, () => text)
}
