/**
 * One agent of the demo: a program as a user would write it, through the public API alone. It holds a child that called
 * setsid, so that no process group and no terminal leads to it, and a directory with a file; then it stays.
 *
 * Started with `ID STORE ROOT DEMO`, the last being the demo's pid, on an IPC channel. Says what it holds, and ends when it is
 * asked to stop, or when the channel closes because the demo is gone, however that happened.
 */
import { once } from 'node:events'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { connect } from '@oakum/core/fleet'
import { Scope } from '@oakum/core/scope'
import { reclaimRest } from './reclaim-rest.ts'
import { END, NOTES, type AgentReport } from './report.ts'

const [id = '', store = '', root = '', demo = ''] = process.argv.slice(2)

const over = new AbortController()
const end = (): void => over.abort()
process.once('disconnect', end)
process.on('message', message => void (message === END && end()))
if (demoIsGone()) end()

/** Long enough for the slowest of machines, and for what `reclaimRest` has to wait for. Milliseconds. */
const CLOSE_WITHIN = 60_000

const scope = new Scope(id, { closeTimeout: CLOSE_WITHIN })
const directory = join(root, id)
try {
  if (!over.signal.aborted) await live()
} finally {
  try {
    await scope.close()
  } finally {
    await leave()
  }
}

async function live(): Promise<void> {
  const fleet = await connect(store)
  scope.defer(() => fleet.close())
  // With the demo gone nobody else may be there to reclaim what the killed agents held.
  scope.defer(async () => void (demoIsGone() && (await reclaimRest(fleet, root))))

  const agent = await fleet.register({ id, roots: [root], state: 'working' })
  scope.defer(() => agent.release())
  scope.on(agent.signal, 'abort', end)

  await mkdir(directory)
  await agent.own('directory', directory)
  await writeFile(join(directory, NOTES), `What ${id} has learnt so far.\n`)

  // Like every process of a scope, it has called setsid.
  const child = scope.spawn('sleep', ['86400'], { env: { ...process.env, ...agent.env }, stdio: 'ignore' })
  await agent.own('process', child)

  const report: AgentReport = { childPid: child.pid, directory }
  if (process.connected) process.send?.(report)
  if (!over.signal.aborted) await once(over.signal, 'abort')
}

/** Where the demo is gone without a word, the last agent removes its folder. Any other still has a directory in there. */
async function leave(): Promise<void> {
  if (!demoIsGone()) {
    process.disconnect()
    return
  }
  // Another agent may have removed the store while this one was starting: then nobody reclaims what it has just made.
  await rm(directory, { recursive: true, force: true })
  const others = await readdir(root).catch(() => [])
  if (others.length === 0) await rm(dirname(root), { recursive: true, force: true, maxRetries: 10 })
}

/** Either may be seen before the other: a channel is only known to be closed once it was read, a parent once the system says so. */
function demoIsGone(): boolean {
  return !process.connected || process.ppid !== Number(demo)
}
