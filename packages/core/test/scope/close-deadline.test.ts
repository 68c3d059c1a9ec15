import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Scope, type CloseReport } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'

beforeEach(useFakeTime)

const never = (): Promise<never> => new Promise(() => {})

/** Closes while so much time passes; no more than that may be needed. */
async function closeDuring(milliseconds: number, scope: Scope): Promise<CloseReport> {
  const closed = scope.close()
  await vi.advanceTimersByTimeAsync(milliseconds)
  return closed
}

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
    const report = await closeDuring(200, root)
    expect(finalized).toBe(5)
    expect(report.refused).toHaveLength(10)
    expect(report.refused.map(({ path }) => path)).toContain('root/level-1/level-2/level-3/stubborn')
    expect(report.released).toBe(5)
    for (const { kind, name, age } of report.refused) {
      expect(`${kind} ${name}`).toMatch(/^task stubborn$|^defer hang$/)
      expect(age).toBeGreaterThanOrEqual(200)
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
    const report = await closeDuring(200, scope)
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
    expect(await closeDuring(100, scope)).toEqual({ refused: [], released: 2, milliseconds: 100 })
  })

  it('waits for what was left behind until the deadline', async () => {
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a', { closeTimeout: 1_000 })
    scope.defer(() => void setTimeout(gate.resolve, 50))
    scope.defer(() => gate.promise)
    expect(await closeDuring(1_000, scope)).toMatchObject({ refused: [], released: 2 })
  })

  it.each([
    { when: 'from its beginning', first: { timeout: 50 }, closed: 50 },
    { when: 'while it runs', first: undefined, closed: 80 },
  ])('is shortened by a call with a time of its own, $when', async ({ first, closed }) => {
    const scope = new Scope('a', { closeTimeout: 10_000 })
    void scope.task('stubborn', never)
    void scope.child('b').task('stubborn', never)
    const whole = scope.close('first', first)
    await vi.advanceTimersByTimeAsync(30)
    expect(scope.close('again', { timeout: 60_000 })).toBe(whole)
    void scope.close('again', { timeout: 50 })
    await vi.advanceTimersByTimeAsync(50)
    const report = await whole
    expect(report.milliseconds).toBe(closed)
    expect(report.refused.map(({ path }) => path)).toEqual(['a/stubborn', 'a/b/stubborn'])
  })

  it('is put off by the call that begins it', async () => {
    const scope = new Scope('a', { closeTimeout: 10 })
    void scope.task('stubborn', never)
    const closed = scope.close(undefined, { timeout: 100 })
    await vi.advanceTimersByTimeAsync(100)
    expect(await closed).toMatchObject({ milliseconds: 100, refused: [{ path: 'a/stubborn' }] })
  })

  it('is put off also when a listener of its signal closes it once more', async () => {
    const scope = new Scope('a', { closeTimeout: 10 })
    scope.signal.addEventListener('abort', () => void scope.close())
    scope.defer(never)
    const closed = scope.close(undefined, { timeout: 100 })
    await vi.advanceTimersByTimeAsync(100)
    expect(await closed).toMatchObject({ milliseconds: 100, refused: [{ kind: 'defer' }] })
  })

  it('is no matter where nothing takes time', async () => {
    const parent = new Scope('p')
    const scope = parent.child('a')
    scope.defer(() => {})
    scope.defer(() => {})
    expect(await scope.close(undefined, { timeout: 100 })).toEqual({ released: 2, refused: [], milliseconds: 0 })
    expect(parent.snapshot().resources).toEqual([])
    expect(await scope.close()).toMatchObject({ released: 2 })
  })

  it('is shortened for a child that its owner is already closing', async () => {
    const scope = new Scope('a', { closeTimeout: 10_000 })
    const child = scope.child('b')
    void child.task('stubborn', never)
    const whole = scope.close()
    const part = child.close(undefined, { timeout: 50 })
    await vi.advanceTimersByTimeAsync(50)
    expect((await part).refused).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(9_950)
    expect((await whole).refused).toHaveLength(1)
  })

  it('refuses a time that no timer can wait for', () => {
    const scope = new Scope('a')
    expect(() => scope.close(undefined, { timeout: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
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
    const report = await closeDuring(100, root)
    expect(report.refused).toMatchObject([{ path: 'root/child/stubborn' }])
    expect(finalized).toBe(true)
    expect((await childClosed).refused).toMatchObject([{ kind: 'task', name: 'stubborn' }])
  })

  it('lets a child have a shorter one of its own, and goes on waiting for what it left', async () => {
    const gate = Promise.withResolvers<void>()
    const root = new Scope('root', { closeTimeout: 2_000 })
    const child = root.child('child', { closeTimeout: 20 })
    void child.task('slow', () => gate.promise)
    expect((await closeDuring(20, child)).refused).toHaveLength(1)
    expect(root.snapshot().resources).toMatchObject([{ name: 'child', state: 'closed', resources: [{ name: 'slow' }] }])
    setTimeout(gate.resolve, 20)
    expect(await closeDuring(20, root)).toMatchObject({ refused: [] })
  })

  it('lets what refused leave its parent when it goes after all', async () => {
    const gate = Promise.withResolvers<void>()
    const root = new Scope('root')
    const child = root.child('child', { closeTimeout: 20 })
    const task = child.task('slow', () => gate.promise)
    await closeDuring(20, child)
    expect(root.snapshot().resources).toHaveLength(1)
    gate.resolve()
    await task
    expect(root.snapshot().resources).toEqual([])
  })

  it('names where a thing was created, when asked', async () => {
    const scope = new Scope('a', { closeTimeout: 20, stacks: true })
    const child = scope.child('child')
    child.defer(never)
    const [refusal] = (await closeDuring(20, scope)).refused
    expect(refusal?.stack).toContain('close-deadline.test.ts')
    expect(refusal?.stack).not.toContain('scope.ts')
    expect(refusal?.stack).not.toContain('scope-node.ts')
  })

  it('of 0 tries everything and waits for nothing', async () => {
    let tried = 0
    const scope = new Scope('a', { closeTimeout: 0 })
    scope.defer(() => tried++)
    void scope.task('stubborn', never)
    const report = await closeDuring(0, scope)
    expect(tried).toBe(1)
    expect(report.refused).toHaveLength(1)
  })
})
