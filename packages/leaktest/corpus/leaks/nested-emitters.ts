/**
 * Emitters in three levels, as domains had them: fleet, team, member. What is emitted above is passed on below, so each level
 * holds the next by a listener. A team that is dissolved leaves its own members, but not the fleet.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['below'], retainer: 'listeners', counter: 'listeners' }

class Level extends EventEmitter {
  below(): Level {
    const level = new Level()
    this.on('shutdown', () => level.emit('shutdown')) // leaks here
    return level
  }

  dissolve(): void {
    this.removeAllListeners()
  }
}

const fleet = new Level().setMaxListeners(0)

function runTeam(): number {
  const team = fleet.below()
  const members = [team.below(), team.below()]
  team.dissolve()
  return members.length
}

const scenario: Scenario = () => runTeam()

export default scenario
