// An agent as a process of its own: `URL ID [own] [deaf]`. `own`: its lease owns its process. `deaf`: asked to stop, it does not.
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
await fleet.flush() // its registration is in the log when it says so
console.log('ready')
