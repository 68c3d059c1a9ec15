/** Each agent joins the channel of the fleet under its name, and stays in it when it has ended. */
import { BroadcastChannel } from 'node:worker_threads'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['join'], retainer: 'BroadcastChannel' }

class FleetMember {
  heard = 0

  join(): void {
    const channel = new BroadcastChannel('corpus-fleet') // leaks here
    channel.addEventListener('message', () => (this.heard += 1)) // leaks here
    channel.unref()
  }
}

const scenario: Scenario = () => {
  const member = new FleetMember()
  member.join()
  return member.heard
}

export const options = { iterations: 1_200 }

export default scenario
