import type { OakumEvent } from '@oakum/core/events'
import type { Fleet } from '@oakum/core/fleet'

/** What agents print is not news of the fleet. */
const OUTPUT = 'agent.output'

/**
 * What happens to the fleet until the signal aborts.
 *
 * @param after The event that comes before the first; the newest at the time of the first pull when it is left out.
 */
export async function* lifecycleEvents(
  fleet: Fleet,
  signal: AbortSignal,
  after?: number,
): AsyncGenerator<OakumEvent, void> {
  const tail = fleet.events.tail({ signal, ...(after === undefined ? {} : { after }) })
  for await (const event of tail) if (event.type !== OUTPUT) yield event
}
