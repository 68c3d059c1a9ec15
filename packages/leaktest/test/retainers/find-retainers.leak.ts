import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Inspector } from '../../src/inspector.ts'
import { findRetainers, type Finding } from '../../src/retainers/index.ts'
import { siteOf } from './fixtures/site-of.ts'

const HOLDERS = join(import.meta.dirname, 'fixtures/holders.ts')
const ITERATIONS = 20

const collect = globalThis.gc
if (collect === undefined) throw new Error('Leak tests need --expose-gc; run them in the project `leak`.')

const kept = new Map<number, object>()
class Entry {
  readonly value = 1
}
function keepEntry(): void {
  kept.set(kept.size, new Entry())
}
const iterate = async (): Promise<void> => {
  for (let iteration = 0; iteration < ITERATIONS; iteration++) keepEntry()
  await Promise.resolve()
  collect?.()
}

interface Found {
  readonly ofSite?: Finding
  readonly ofAny?: Finding
}

/** Leaks in a process of its own, whose heap is small. */
async function leakBy(name: string): Promise<Found> {
  const flags = ['--expose-gc', '--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, HOLDERS, name])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the program next door prints
  return JSON.parse(stdout) as Found
}

describe('what stays is named with who holds it', () => {
  it.each([
    ['mapEntry', 'Session', 'module holders.ts → sessions (Map) → Map entry (Session)'],
    ['emitterListener', 'closure onData', 'emitter (EventEmitter) → listeners → data → […] (closure onData)'],
    ['abortListener', 'closure onAbort', '(AbortSignal) → listeners (Map) → Map entry → Listener → listener'],
    ['timer', 'closure onTimer', 'timer list → Timeout → _onTimeout (closure onTimer)'],
    ['promiseReaction', 'closure onSettled', 'module holders.ts → never (Promise) → reactions (closure onSettled)'],
    ['staticList', 'State', 'module holders.ts → Registry (closure) → all → […] (State)'],
    ['privateSet', 'State', 'shared (Registry) → #members (Set) → Set entry (State)'],
    ['openServer', 'closure onConnection', 'native handle (TCP) → owner (Server) → listeners → connection'],
    ['asyncContext', 'State', 'timer list → Timeout → async context'],
    ['weakMapValue', 'Object', 'module holders.ts → keys → […]'],
    ['heldValue', 'State', 'finalizers (FinalizationRegistry) → State'],
  ])('%s: %s', async (name, type, text) => {
    const { ofSite } = await leakBy(name)
    expect(ofSite).toMatchObject({ type, objects: ITERATIONS })
    expect(ofSite?.retainers?.text).toContain(text)
  })

  it('a suspended call, by the promise that it waits for', async () => {
    const { ofSite } = await leakBy('suspendedCall')
    expect(ofSite?.objects).toBeGreaterThanOrEqual(ITERATIONS)
    expect(ofSite?.retainers?.text).toContain('module holders.ts → never (Promise) → reactions')
  })
})

it('names nothing when nothing stays', async () => {
  expect(await leakBy('clean')).toEqual({})
})

it('names what stays most for a site that is not known', async () => {
  const { ofAny } = await leakBy('staticList')
  expect(ofAny).toMatchObject({ type: 'State', objects: ITERATIONS })
})

describe('in a test runner, which wraps every module', () => {
  it('names the file, and the variable', async () => {
    const inspector = new Inspector()
    try {
      const site = await siteOf(inspector, 'keepEntry', iterate)
      const [finding] = await findRetainers(inspector, iterate, [site])
      expect(finding).toMatchObject({ type: 'Entry', objects: ITERATIONS })
      expect(finding?.retainers?.text).toBe('module find-retainers.leak.ts → kept (Map) → Map entry (Entry)')
    } finally {
      inspector.close()
    }
  })

  it('passes on what the run rejects with, and can be used again', async () => {
    const inspector = new Inspector()
    try {
      const broken = findRetainers(inspector, () => Promise.reject(new Error('broken')), [undefined])
      await expect(broken).rejects.toThrow('broken')
      const [finding] = await findRetainers(inspector, iterate, [undefined], { atLeast: ITERATIONS })
      expect(finding).toMatchObject({ type: 'Entry', objects: ITERATIONS })
    } finally {
      inspector.close()
    }
  })
})
