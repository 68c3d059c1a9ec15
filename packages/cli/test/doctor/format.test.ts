import { selfIdentity } from '@oakum/core/process'
import { describe, expect, it } from 'vitest'
import { formatOutcomes } from '../../src/doctor/format.ts'
import type { Outcome } from '../../src/doctor/outcome.ts'
import { widthOf } from '../../src/output/text.ts'
import { wrap } from '../../src/output/wrap.ts'

const paint = (_: unknown, text: string): string => text

function outcome(changes: Partial<Outcome> = {}): Outcome {
  return {
    code: 'PROCESS_LEFT',
    severity: 'problem',
    what: '1 process of agent coder-1',
    why: 'It carries a mark of process 7, which is gone, and no lease has it',
    repairedBy: 'fix',
    remedy: 'ends it',
    processes: [],
    paths: [],
    age: 61_000,
    memory: 2 ** 20,
    fixed: null,
    ...changes,
  }
}

describe('formatOutcomes', () => {
  it('says what was found, why, what repairs it, and what it all comes to', () => {
    const processes = [{ identity: { ...selfIdentity(), pid: 4711 }, program: 'node x', age: null, memory: 2 ** 20 }]
    expect(formatOutcomes([outcome({ processes })], { paint })).toEqual([
      '✗ PROCESS_LEFT  1 process of agent coder-1  1m, 1 MiB',
      '    It carries a mark of process 7, which is gone, and no lease has it',
      '       4711  node x  1 MiB',
      '    --fix ends it',
      '',
      '1 problem. To repair what is Oakum’s own: oakum doctor --fix',
    ])
  })

  it.each<[string, Partial<Outcome>, string, string]>([
    ['is fixed', { fixed: true }, 'fixed', '1 fixed. Nothing is left over.'],
    ['refused', { fixed: false, error: 'it lives on' }, 'not fixed: it lives on', '1 problem.'],
    [
      'somebody may miss',
      { repairedBy: 'orphans' },
      '--fix --orphans ends it',
      '1 problem. To end it: oakum doctor --fix --orphans',
    ],
    [
      'somebody seems to use',
      {
        severity: 'advice',
        repairedBy: 'pid',
        processes: [{ identity: { ...selfIdentity(), pid: 7 }, program: 'x', age: null, memory: null }],
      },
      'oakum doctor 7 --fix ends it',
      'Nothing is left over. 1 piece of advice.',
    ],
    [
      'somebody seemed to use, and was named',
      { severity: 'advice', repairedBy: 'pid', fixed: true },
      'fixed',
      '1 fixed. Nothing is left over.',
    ],
    [
      'is advice',
      { severity: 'advice', repairedBy: null, remedy: 'Do it' },
      'Do it',
      'Nothing is left over. 1 piece of advice.',
    ],
  ])('tells what %s', (_, changes, verdict, summary) => {
    const lines = formatOutcomes([outcome(changes)], { paint })
    expect(lines.slice(-3)).toEqual([`    ${verdict}`, '', summary])
  })

  it('fits into a narrow terminal, and lets nothing of others reach it', () => {
    const name = 'a-long-name-'.repeat(10)
    const processes = [{ identity: selfIdentity(), program: `${name}\u001b[31m\u0007`, age: 1, memory: 1 }]
    const paths = Array.from({ length: 12 }, (_, index) => `/tmp/${name}${index}`)
    const lines = formatOutcomes([outcome({ what: `agent ${name}`, processes, paths })], { paint, width: 60 })
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(60)
    for (const control of ['\u001b', '\u0007']) expect(lines.join('')).not.toContain(control)
    expect(lines.join('\n')).toContain('… and 4 more')
  })

  it('says when there is nothing', () => {
    expect(formatOutcomes([], { paint })).toEqual(['Nothing is left over.'])
  })
})

it('wraps between words, and leaves a long word whole', () => {
  expect(wrap('one two three', { width: 8 })).toEqual(['one two', 'three'])
  expect(wrap('a loooooooong one', { width: 6, indent: '  ' })).toEqual(['  a', '  loooooooong', '  one'])
  expect(wrap('one two three')).toEqual(['one two three'])
})
