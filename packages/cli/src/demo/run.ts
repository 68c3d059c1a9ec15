/**
 * `oakum up --demo`: owns everything that the demo makes (folder, connection, coordinator, agents), and gives it back in
 * reverse order whatever happens, an interruption in the middle included.
 */
import { connect } from '@oakum/core/fleet'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { paintFor, type Paint } from '../output/paint.ts'
import { json as toJson } from '../output/text.ts'
import { startCoordinator, stay } from '../up/stay.ts'
import { AGENTS, Demo, type StopReport } from './demo.ts'
import { createDemoFolder, type DemoFolder } from './folder.ts'
import { CLAIM_TTL } from './reclaim-rest.ts'
import { formatEnd, formatSummary, summarize, withShutdown, type DemoSummary } from './summary.ts'
import { openView, type DemoView } from './view.ts'

export interface RunDemoOptions {
  /** URL of a store to use. @default one of its own, removed at the end */
  store: string | undefined
  /** Ends after the demo, instead of watching over what is left of it. */
  once: boolean
  json: boolean
}

/** What a performance was, seen when all of it had been given back. */
interface Outcome {
  /** Null when it was interrupted before its end. */
  summary: DemoSummary | null
  stopped: StopReport
}

/** Runs the demo, and resolves to the exit code. */
export async function runDemo(options: RunDemoOptions): Promise<number> {
  const { signal, release } = listenForInterrupts()
  const paint = paintFor(process.stdout)
  try {
    const { summary, stopped } = await inFolder(folder => perform(folder, options, signal, paint))
    const end = summary && withShutdown(summary, stopped)
    if (options.json && options.once && end !== null) console.log(toJson(end))
    if (!options.json) for (const line of formatEnd(stopped, paint)) console.log(line)
    return stopped.left.length === 0 && end?.ok !== false ? EXIT.ok : EXIT.failed
  } finally {
    release()
  }
}

async function inFolder(work: (folder: DemoFolder) => Promise<Outcome>): Promise<Outcome> {
  const folder = await createDemoFolder()
  let outcome: Outcome | undefined
  try {
    outcome = await work(folder)
    return outcome
  } finally {
    if (!(await folder.remove())) outcome?.stopped.left.push(`directory ${folder.path}`)
  }
}

async function perform(
  folder: DemoFolder,
  options: RunDemoOptions,
  signal: AbortSignal,
  paint: Paint,
): Promise<Outcome> {
  const { store = folder.store, once, json } = options
  const fleet = await connect(store)
  const { coordinator, memory, errors } = startCoordinator(fleet, { claimTtl: CLAIM_TTL })
  const view = openView(json, paint, () => demo.agents)
  const demo = new Demo({ fleet, store, root: folder.root, onChange: view.changed })
  let summary: DemoSummary | null = null
  let stopped: StopReport
  try {
    summary = await act(demo, view, signal)
    view.close()
    print(summary, options, paint)
    if (!once) await stay({ fleet, memory, url: store, json, signal }, errors)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    view.close()
    stopped = await demo.stop()
    await coordinator.stop()
    await fleet.close()
  }
  return { summary, stopped }
}

/** The demo itself: start, kill, look. */
async function act(demo: Demo, view: DemoView, signal: AbortSignal): Promise<DemoSummary> {
  const began = performance.now()
  view.step('dim', '…', `starting ${AGENTS} agents, each a process with a child that calls setsid, and a directory`)
  await demo.start(signal)
  view.step('green', '✓', `${AGENTS} agents run after ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  const victims = demo.kill()
  view.step('red', '✗', `SIGKILL for ${victims.map(agent => agent.id).join(', ')}, chosen at random`)
  await demo.watchThemGo(signal)
  return summarize(demo.agents)
}

function print(summary: DemoSummary, { json, once }: RunDemoOptions, paint: Paint): void {
  if (json) {
    if (!once) console.log(toJson(summary))
    return
  }
  const width = process.stdout.isTTY ? process.stdout.columns : undefined
  for (const line of formatSummary(summary, paint, width)) console.log(line)
}
