import type { OakumEvent } from '@oakum/core/events'
import type { Fleet } from '@oakum/core/fleet'

/** What agents print is not news of the fleet. */
const OUTPUT = 'agent.output'

/** What happens to the fleet from now on, until the signal aborts. */
export async function* lifecycleEvents(fleet: Fleet, signal: AbortSignal): AsyncGenerator<OakumEvent> {
  for await (const event of fleet.events.tail({ signal })) if (event.type !== OUTPUT) yield event
}
