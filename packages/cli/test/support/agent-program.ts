// An agent as a process of its own: `URL ID [own] [deaf]`. `own`: its lease owns its process. `deaf`: asked to stop, it does not.
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@oakum/core/fleet'

const [url = '', id = '', ...how] = process.argv.slice(2)
const fleet = await connect(url)
const agent = await fleet.register({ id, state: 'thinking', ownsProcess: how.includes('own') })
const alive = setInterval(() => {}, 60_000)
agent.signal.addEventListener('abort', () => {
  if (how.includes('deaf')) return
  clearInterval(alive)
  void agent.release().then(() => fleet.close())
})
// When it says so it has beaten for the first time, and its registration is in the log.
while ((await fleet.get(id))?.phase !== 'alive') await sleep(5)
await fleet.flush()
console.log('ready')
