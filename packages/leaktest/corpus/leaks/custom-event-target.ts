/**
 * A panel for each agent listens to a shared EventTarget for custom events. `unmount` removes a new bound function instead of
 * the one that was added, which removes nothing.
 */
import { setMaxListeners } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['mount'], retainer: 'listeners', counter: 'listeners' }

const updates = new EventTarget()
setMaxListeners(0, updates)

class AgentPanel {
  #state = 'idle'

  mount(): void {
    updates.addEventListener('agent:state', this.#show.bind(this)) // leaks here
  }

  unmount(): void {
    // oxlint-disable-next-line unicorn/no-invalid-remove-event-listener -- this mistake is what leaks
    updates.removeEventListener('agent:state', this.#show.bind(this))
  }

  #show(event: Event): void {
    if (event instanceof CustomEvent) this.#state = `${this.#state} → ${String(event.detail)}`
  }
}

const scenario: Scenario = () => {
  const panel = new AgentPanel()
  panel.mount()
  panel.unmount()
}

export default scenario
