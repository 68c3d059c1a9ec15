import { formatDuration } from '../output/duration.ts'
import { openLiveRegion } from '../output/live.ts'
import type { Format, Paint } from '../output/paint.ts'
import { formatTable, type Column } from '../output/table.ts'
import type { DemoAgent, DemoPhase } from './demo.ts'

/** Tells how a demo goes on. */
export interface DemoView {
  /** An agent changed. */
  changed: (agent: DemoAgent) => void
  /** Something worth a line of its own, with a mark before it. */
  step: (colour: Format, mark: string, text: string) => void
  /** Idempotent. */
  close: () => void
}

const COLOURS: Readonly<Record<DemoPhase, Format>> = {
  starting: 'dim',
  running: 'green',
  killed: 'red',
  gone: 'yellow',
  stopping: 'dim',
  stopped: 'dim',
}

/** On a terminal a table that follows the agents, elsewhere a line for each thing that happens, for programs nothing. */
export function openView(json: boolean, paint: Paint, agents: () => readonly DemoAgent[]): DemoView {
  if (json) return { changed: () => {}, step: () => {}, close: () => {} }
  return process.stdout.isTTY ? openTable(process.stdout, paint, agents) : openLines(paint)
}

function openTable(terminal: NodeJS.WriteStream, paint: Paint, agents: () => readonly DemoAgent[]): DemoView {
  const columns = columnsOf(paint)
  const region = openLiveRegion(terminal, ({ columns: width }) => [
    '',
    ...formatTable(columns, agents(), { paint, width }),
    '',
  ])
  return {
    changed: () => region.invalidate(),
    step: (colour, mark, text) => region.log(`${paint(colour, mark)} ${text}`),
    close: () => region.close(),
  }
}

function openLines(paint: Paint): DemoView {
  return {
    changed(agent) {
      const line = lineOf(agent)
      if (line !== undefined) console.log(`  ${line}`)
    },
    step: (colour, mark, text) => console.log(`${paint(colour, mark)} ${text}`),
    close: () => {},
  }
}

function columnsOf(paint: Paint): Column<DemoAgent>[] {
  const coloured = (text: string, agent: DemoAgent): string => paint(COLOURS[agent.phase], text)
  const dim = (text: string): string => paint('dim', text)
  return [
    { title: 'AGENT', value: agent => `● ${agent.id}`, paint: coloured },
    { title: 'PID', value: ({ holding }) => String(holding?.agent.pid ?? ''), align: 'right' },
    { title: 'SETSID CHILD', value: ({ holding }) => String(holding?.child.pid ?? ''), align: 'right' },
    { title: 'STATE', value: stateOf, paint: coloured },
    { title: 'DIRECTORY', value: ({ holding }) => holding?.directory ?? '', paint: dim, flexible: true },
  ]
}

function stateOf({ phase, goneAfter }: DemoAgent): string {
  return goneAfter === null ? phase : `gone after ${formatDuration(goneAfter)}`
}

function lineOf({ id, phase, holding, goneAfter }: DemoAgent): string | undefined {
  if (phase === 'running') return `${id} runs: process ${holding?.agent.pid}, setsid child ${holding?.child.pid}`
  if (phase === 'gone' && goneAfter !== null) return `${id} and all it held are gone after ${formatDuration(goneAfter)}`
  return undefined
}
