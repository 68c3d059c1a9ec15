import type { TestOutcome } from '@oakum/leaktest'
import { describe, expect, it } from 'vitest'
import { causeOf } from '../../src/leaktest/cause.ts'
import { Ledger } from '../../src/leaktest/ledger.ts'
import type { Message } from '../../src/leaktest/messages.ts'

const exited = (code: number): ReturnType<typeof causeOf> => causeOf({ code, signal: null }, '', undefined)
const failed = (name: string): Message => ({ kind: 'failed', failed: { name, error: { code: 'X', message: 'x' } } })

/** The outcomes of a process that told these messages and then ended, as `name CODE`. */
function outcomes(messages: readonly Message[], cause: ReturnType<typeof causeOf>): string[] {
  const told: TestOutcome[] = []
  const ledger = new Ledger('file', { onOutcome: outcome => void told.push(outcome), onProgress: () => {} })
  for (const message of messages) ledger.take(message)
  ledger.end(cause)
  return told.map(outcome => `${outcome.name} ${'error' in outcome ? outcome.error.code : outcome.verdict}`)
}

describe('what becomes of the scenarios of a file', () => {
  const list: Message = { kind: 'list', names: ['a', 'b', 'c'] }

  it('is one outcome for each, whenever the process died', () => {
    const killed = causeOf({ code: null, signal: 'SIGKILL' }, '', undefined)
    expect(outcomes([list, { kind: 'start', name: 'a' }, failed('a'), { kind: 'start', name: 'b' }], killed)).toEqual([
      'a X',
      'b PROCESS_DIED',
      'c NOT_RUN',
    ])
    expect(outcomes([], killed)).toEqual(['file PROCESS_DIED'])
  })

  it('is one outcome as well for the one whose failure ended the process, and the reason for the others', () => {
    const start: Message = { kind: 'start', name: 'a' }
    expect(outcomes([list, start, failed('a')], exited(7))).toEqual(['a X', 'b NOT_RUN', 'c NOT_RUN'])
    const told: TestOutcome[] = []
    const ledger = new Ledger('file', { onOutcome: outcome => void told.push(outcome), onProgress: () => {} })
    for (const message of [list, start, failed('a')]) ledger.take(message)
    ledger.end(exited(7))
    expect(told[1]).toMatchObject({ error: { message: expect.stringContaining('exit code 7') } })
  })

  it('stands when the process dies after it, which is told apart', () => {
    const all: Message[] = ['a', 'b', 'c'].map(failed)
    const killed = causeOf({ code: null, signal: 'SIGKILL' }, '', undefined)
    expect(outcomes([list, ...all, { kind: 'start', name: 'c' }], killed)).toEqual([
      'a X',
      'b X',
      'c X',
      'file › its process PROCESS_DIED',
    ])
  })

  it('is not told twice when the process ends with the failure that it told of', () => {
    expect(outcomes([failed('file')], exited(1))).toEqual(['file X'])
  })

  it('is a failure where nothing was told, whatever the exit code', () => {
    expect(outcomes([], exited(0))).toEqual(['file NO_SCENARIO'])
    expect(outcomes([{ kind: 'empty' }], exited(0))).toEqual(['file NO_SCENARIO'])
    expect(outcomes([], exited(3))).toEqual(['file PROCESS_DIED'])
  })

  it('is nothing when the filter lets none of them through', () => {
    expect(outcomes([{ kind: 'list', names: [] }], exited(0))).toEqual([])
  })
})
