import type { EventInput } from '../../events/event-log.ts'
import type { LeakChange } from './leak-alerts.ts'

/** So many agents are named in an event. */
const NAMED = 10

/**
 * `memory_leak_detected` and `memory_leak_cleared`. One that names a single agent is that agent's event.
 *
 * @param coordinator Who watched, for people.
 */
export function leakEvent({ alert, cleared }: LeakChange, coordinator: string): EventInput {
  const { agents, since, ...facts } = alert
  const [only] = agents
  return {
    type: cleared === undefined ? 'memory_leak_detected' : 'memory_leak_cleared',
    ...(agents.length === 1 && only !== undefined ? { agent: only.id } : {}),
    data: {
      ...(cleared === undefined ? {} : { reason: cleared, since }),
      ...facts,
      agents: agents.slice(0, NAMED),
      count: agents.length,
      coordinator,
    },
  }
}
