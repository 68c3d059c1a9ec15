/** Memory of agents for people. */
import type { AgentMemory, LeakAlert } from '@oakum/core/fleet'
import { formatDuration } from './duration.ts'
import { formatSize } from './size.ts'

/** `124 MiB`; `124 MiB ÷10` for an agent that shares processes with nine others. Nothing for one that nobody looked at. */
export function formatMemory(memory: Pick<AgentMemory, 'bytes' | 'sharedWith'> | undefined): string {
  if (memory === undefined) return ''
  const { bytes, sharedWith } = memory
  return sharedWith === 0 ? formatSize(bytes) : `${formatSize(bytes)} ÷${sharedWith + 1}`
}

/** `coder-7 grew by 132 MiB in 5m`; of several the first three are named. */
export function formatLeak({
  agents,
  growth,
  window,
}: Pick<LeakAlert, 'growth' | 'window'> & { agents: readonly { id: string }[] }): string {
  const names = agents.slice(0, 3).map(({ id }) => id)
  const more = agents.length - names.length
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} grew by ${formatSize(growth)} in ${formatDuration(window)}`
}
