import type { Item, RunEvent, RunResult } from '@oakum/core/agent'
import type { Terminal } from './terminal.ts'
import { describe, oneLine, visible, visibleJson } from './visible.ts'

/** Lines that are shown of what a tool answered. */
const TAIL = 3

/** Shows an event of a run. */
export async function show(event: RunEvent, terminal: Terminal): Promise<void> {
  switch (event.type) {
    case 'text':
      return terminal.say(event.text)
    case 'reasoning':
      return terminal.think(event.text)
    case 'tool_started':
      return terminal.note(oneLine(`● ${event.call.name} ${gist(event.arguments)}`, terminal.columns), 'cyan')
    case 'item':
      return showItem(event.item, terminal)
    case 'retry':
      return terminal.note(`  ${describe(event.error)} Again in ${(event.wait / 1_000).toFixed(1)} s.`, 'yellow')
    case 'warning':
      return terminal.note(`  ${event.message}`, 'yellow')
    case 'history_trimmed':
      return terminal.note(`  The oldest ${event.items} items of the conversation are forgotten.`, 'yellow')
    default:
  }
}

/** What a turn came to, and took. */
export async function showResult(
  { status, error, usage, turns, refused }: RunResult,
  terminal: Terminal,
): Promise<void> {
  for (const { path, kind, name } of refused) await terminal.note(`  did not end: ${path} ${kind} ${name}`, 'red')
  if (status === 'failed') await terminal.note(`  ${describe(error)}`, 'red')
  const took = `${turns} ${turns === 1 ? 'turn' : 'turns'}, ${usage.inputTokens} tokens in, ${usage.outputTokens} out`
  await terminal.note(`  [${status}: ${took}]`, 'dim')
}

async function showItem(item: Item, terminal: Terminal): Promise<void> {
  if (item.type !== 'tool_result') return terminal.endLine()
  if (item.status !== 'ok') await terminal.note(`✗ ${item.name}`, 'red')
  await terminal.note(tail(item.output, terminal.columns - 2), 'dim')
}

/** What matters most of a call's arguments. */
function gist(args: unknown): string {
  const { command, path }: { command?: unknown; path?: unknown } = Object(args)
  const first = command ?? path
  return typeof first === 'string' ? first : visibleJson(args)
}

function tail(output: string, columns: number): string {
  const lines = visible(output).trimEnd().split('\n')
  const left = lines.length - TAIL
  const last = lines.slice(-TAIL).map(line => `  ${oneLine(line, columns)}`)
  return [...(left > 0 ? [`  … ${left} more lines`] : []), ...last].join('\n')
}
