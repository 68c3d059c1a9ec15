import { describe, expect, it } from 'vitest'
import { LineSplitter } from '../../src/run/lines.ts'

function split(bytes: Buffer, chunk: number, limit = 1_000): string[] {
  const splitter = new LineSplitter(limit)
  const lines = []
  for (let at = 0; at < bytes.length; at += chunk) lines.push(...splitter.push(bytes.subarray(at, at + chunk)))
  return [...lines, ...splitter.end()].map(({ text }) => text)
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = 'one\n\nzwei äöü €\r\n三 🦦\nlast'
    for (let chunk = 1; chunk <= Buffer.byteLength(text); chunk++) {
      expect(split(Buffer.from(text), chunk)).toEqual(['one', '', 'zwei äöü €', '三 🦦', 'last'])
    }
  })

  it('adds no empty line after a last newline, and none for nothing', () => {
    expect(split(Buffer.from('one\n'), 2)).toEqual(['one'])
    expect(split(Buffer.from(''), 1)).toEqual([])
  })

  it('shows bytes that are no UTF-8 as U+FFFD', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x62, 0x0a]), 1)).toEqual(['a\u{fffd}b'])
  })

  it('keeps no more of a line than the limit, and says how much it left out', () => {
    const splitter = new LineSplitter(10)
    const lines = []
    for (let round = 0; round < 100; round++) lines.push(...splitter.push(Buffer.from('0123456789')))
    expect(lines).toEqual([])
    expect(splitter.push(Buffer.from('\nnext\n'))).toEqual([
      { text: '0123456789', omittedBytes: 990 },
      { text: 'next', omittedBytes: 0 },
    ])
  })

  it('leaves out a character that the limit cuts in two', () => {
    const splitter = new LineSplitter(4)
    expect(splitter.push(Buffer.from('ab€\n'))).toEqual([{ text: 'ab', omittedBytes: 1 }])
  })
})
