/** What `oakum run` passes on, redacts and stores leaves nothing behind; who remembers it, or never ends it, is caught. */
import { PassThrough, Writable } from 'node:stream'
import type { EventInput } from '@oakum/core/events'
import { expect, it } from 'vitest'
import { expectCaught, expectClean } from '../../../leaktest/test/support/pair.ts'
import { LineSink } from '../../src/run/line-sink.ts'
import { OutputLog } from '../../src/run/output-log.ts'
import { REDACTED, Redactor } from '../../src/run/redact.ts'
import { Relay } from '../../src/run/relay.ts'

const ENV = { SERVICE_TOKEN: 'correct-horse-battery' }
const LINES = Buffer.from(
  'one\nkey correct-horse-battery\n-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nhalf',
)

/** Lives as long as the test, as stdout does. */
function openOutput(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() }).setMaxListeners(0)
}

function createLog(append: (events: readonly EventInput[]) => Promise<unknown>): OutputLog {
  return new OutputLog({ agent: 'a', append, onError: () => {} })
}

it('a redactor keeps nothing of the lines that it saw', async () => {
  const redactor = new Redactor(ENV)
  await expectClean(({ iteration }) => {
    expect(redactor.redact(`line ${iteration} with ${ENV.SERVICE_TOKEN}`)).toContain(REDACTED)
    redactor.redact(`password=${iteration}-secret Bearer abc${iteration}def`)
  })
})

it('outputs that have been passed on and stored leave nothing', async () => {
  const to = openOutput()
  await expectClean(async () => {
    const log = createLog(async () => {})
    const from = new PassThrough()
    const relay = new Relay(from, to, new LineSink('stdout', log, new Redactor(ENV)))
    from.end(LINES)
    await relay.finished
    await log.close()
  })
  expect(to.eventNames().filter(name => name === 'error')).toEqual([])
})

it('outputs whose pipe somebody keeps open leave nothing once they are closed', async () => {
  const to = openOutput()
  await expectClean(async () => {
    const from = new PassThrough()
    const relay = new Relay(from, to, null)
    from.write(LINES)
    await relay.closeWhenIdle(1)
  })
})

it('lines that could not be stored are forgotten', async () => {
  const log = createLog(() => Promise.reject(new Error('full')))
  const sink = new LineSink('stderr', log, new Redactor({}))
  await expectClean(async () => {
    await sink.push(LINES)
    await sink.end()
    await log.close()
  })
})

it('a store that remembers lines is caught', async () => {
  const remembered: unknown[] = []
  const append = async function remembersLines(events: readonly EventInput[]): Promise<void> {
    for (const event of events) remembered.push({ ...event })
  }
  const log = createLog(append)
  const sink = new LineSink('stdout', log, new Redactor(ENV))
  await expectCaught({ function: append.name, file: import.meta.filename }, async () => {
    await sink.push(LINES)
    await log.close()
  })
})

it('relays that never end are caught', async () => {
  const to = openOutput()
  const relays: Relay[] = []
  const planted = function passesForGood(): void {
    relays.push(new Relay(new PassThrough(), to, { push: async () => {}, end: async () => {} }))
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
  for (const relay of relays) relay.close()
  await Promise.all(relays.map(({ finished }) => finished))
  expect(to.listenerCount('error')).toBe(0)
})
