import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

const never = (): Promise<never> => new Promise(() => {})

describe('the deadline of a close', () => {
  it('bounds the whole, with nested children that ignore their signals', async () => {
    const root = new Scope('root', { closeTimeout: 200 })
    let scope = root
    let finalized = 0
    for (let depth = 1; depth <= 5; depth++) {
      scope = scope.child(`level-${depth}`, { closeTimeout: 10_000 })
      void scope.task('stubborn', never)
      scope.defer(() => finalized++)
      scope.defer(function hang() {
        return never()
      })
    }
    const begun = performance.now()
    const report = await root.close()
    expect(performance.now() - begun).toBeLessThan(400)
    expect(finalized).toBe(5)
    expect(report.refused).toHaveLength(10)
    expect(report.refused.map(({ path }) => path)).toContain('root/level-1/level-2/level-3/stubborn')
    expect(report.released).toBe(5)
    for (const { kind, name, age } of report.refused) {
      expect(`${kind} ${name}`).toMatch(/^task stubborn$|^defer hang$/)
      expect(age).toBeGreaterThanOrEqual(199)
    }
  })

  it('leaves a finalizer that hangs behind, and tries all others in their order', async () => {
    const tried: string[] = []
    const scope = new Scope('a', { closeTimeout: 200 })
    for (let n = 1; n <= 10; n++) scope.defer(() => tried.push(`sync ${n}`))
    scope.defer(function hangs() {
      tried.push('hangs')
      return never()
    })
    scope.defer(function hangsToo() {
      tried.push('hangs too')
      return never()
    })
    scope.defer(() => tried.push('first'))
    const report = await scope.close()
    expect(tried.slice(0, 4)).toEqual(['first', 'hangs too', 'hangs', 'sync 10'])
    expect(tried).toHaveLength(13)
    expect(report.refused.map(({ name }) => name)).toEqual(['hangs', 'hangsToo'])
    expect(report.released).toBe(11)
  })

  it('lets the finalizers run after half of the time, since they may wake a task', async () => {
    const wake = Promise.withResolvers<void>()
    const scope = new Scope('a', { closeTimeout: 200 })
    scope.defer(() => wake.resolve())
    void scope.task('sleeper', () => wake.promise)
    const report = await scope.close()
    expect(report).toMatchObject({ refused: [], released: 2 })
    expect(report.milliseconds).toBeGreaterThanOrEqual(95)
    expect(report.milliseconds).toBeLessThan(190)
  })

  it('waits for what was left behind until the deadline', async () => {
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a', { closeTimeout: 1_000 })
    scope.defer(() => void setTimeout(gate.resolve, 50))
    scope.defer(() => gate.promise)
    expect(await scope.close()).toMatchObject({ refused: [], released: 2 })
  })

  it('is tightened for a child that closes already when its parent closes', async () => {
    const root = new Scope('root', { closeTimeout: 100 })
    const child = root.child('child', { closeTimeout: 60_000 })
    void child.task('stubborn', never)
    let finalized = false
    child.defer(() => {
      finalized = true
    })
    const childClosed = child.close()
    const report = await root.close()
    expect(report.refused).toMatchObject([{ path: 'root/child/stubborn' }])
    expect(report.milliseconds).toBeLessThan(200)
    expect(finalized).toBe(true)
    expect((await childClosed).refused).toMatchObject([{ kind: 'task', name: 'stubborn' }])
  })

  it('lets a child have a shorter one of its own, and goes on waiting for what it left', async () => {
    const gate = Promise.withResolvers<void>()
    const root = new Scope('root', { closeTimeout: 2_000 })
    const child = root.child('child', { closeTimeout: 20 })
    void child.task('slow', () => gate.promise)
    expect((await child.close()).refused).toHaveLength(1)
    expect(root.snapshot().resources).toMatchObject([{ name: 'child', state: 'closed', resources: [{ name: 'slow' }] }])
    const closed = root.close()
    setTimeout(gate.resolve, 20)
    expect(await closed).toMatchObject({ refused: [] })
  })

  it('lets what refused leave its parent when it goes after all', async () => {
    const gate = Promise.withResolvers<void>()
    const root = new Scope('root')
    const child = root.child('child', { closeTimeout: 20 })
    const task = child.task('slow', () => gate.promise)
    await child.close()
    expect(root.snapshot().resources).toHaveLength(1)
    gate.resolve()
    await task
    expect(root.snapshot().resources).toEqual([])
  })

  it('names where a thing was created, when asked', async () => {
    const scope = new Scope('a', { closeTimeout: 20, stacks: true })
    const child = scope.child('child')
    child.defer(never)
    const [refusal] = (await scope.close()).refused
    expect(refusal?.stack).toContain('close-deadline.test.ts')
    expect(refusal?.stack).not.toContain('scope.ts')
    expect(refusal?.stack).not.toContain('scope-node.ts')
  })

  it('of 0 tries everything and waits for nothing', async () => {
    let tried = 0
    const scope = new Scope('a', { closeTimeout: 0 })
    scope.defer(() => tried++)
    void scope.task('stubborn', never)
    const report = await scope.close()
    expect(tried).toBe(1)
    expect(report.refused).toHaveLength(1)
    expect(report.milliseconds).toBeLessThan(100)
  })
})
