import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'
import { lives, pidsWith, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'
import { openFleet, refusal, STORES } from './fleets.ts'

describe.each(STORES)('an agent in a scope, on %s', store => {
  it('is released when the scope closes', async () => {
    const fleet = await openFleet(store)
    const scope = new Scope('coder-1')
    const agent = await fleet.register({ id: 'coder-1', scope })
    const { released } = await scope.close()
    expect(released).toBeGreaterThan(0)
    expect(agent.phase).toBe('released')
    expect(await fleet.get('coder-1')).toBeNull()
  })

  it('marks what the scope spawns, and keeps what it disowns', async () => {
    const fleet = await openFleet(store)
    const [escaped, disowned] = [useToken(), useToken()]
    const scope = new Scope('coder-1')
    await fleet.register({ id: 'coder-1', scope })
    const shell = scope.spawn('sh', ['-c', `setsid sleep ${escaped} & sleep ${disowned}; true`])
    await until(() => pidsWith(escaped).length > 1 && pidsWith(disowned).length > 1)
    const kept = scope.spawn('sleep', [disowned])
    scope.disown(kept)
    expect(shell.pid).not.toBe(kept.pid)

    await scope.close()
    expect(pidsWith(escaped)).toEqual([])
    expect(pidsWith(disowned)).toEqual([kept.pid])
    expect(lives(kept.pid)).toBe(true)
  })

  it('leaves nothing on the scope when it is released first', async () => {
    const fleet = await openFleet(store)
    const scope = new Scope('long-lived', { env: { MINE: '1' } })
    const [first, second] = [await fleet.register({ id: 'a', scope }), await fleet.register({ id: 'b', scope })]
    expect(scope.env['OAKUM_AGENT']).toBe('b')
    await first.release()
    expect(scope.env['OAKUM_MARKS']?.split(':').slice(-1)).toEqual(second.env['OAKUM_MARKS']?.split(':').slice(-1))
    await second.release()
    const inherited = process.env['OAKUM_MARKS']
    expect(scope.env).toEqual({ MINE: '1', ...(inherited === undefined ? {} : { OAKUM_MARKS: inherited }) })
    expect(await scope.close()).toMatchObject({ released: 0, refused: [] })
  })

  it('is not there when the scope is closed already', async () => {
    const fleet = await openFleet(store)
    const scope = new Scope('closed')
    await scope.close()
    expect(await refusal(() => fleet.register({ id: 'a', scope }))).toBe('SCOPE_CLOSED')
    expect(await fleet.get('a')).toBeNull()
  })
})
