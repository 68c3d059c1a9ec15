import { describe, expect, it } from 'vitest'
import { formatAge, formatDuration } from '../../src/output/duration.ts'
import { formatTable, type Column } from '../../src/output/table.ts'
import { json, plain, truncate, widthOf } from '../../src/output/text.ts'

const noPaint = (_: unknown, text: string): string => text

describe('durations', () => {
  it.each([
    [0, '0.00s'],
    [424, '0.42s'],
    [12_900, '12s'],
    [200_000, '3m 20s'],
    [7_200_000, '2h'],
    [7_500_000, '2h 5m'],
    [90_000_000, '1d 1h'],
    [-5, '0.00s'],
  ])('of %i ms are written as %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text))

  it.each([
    [999, '0s'],
    [59_999, '59s'],
    [3_599_000, '59m'],
    [90_000_000, '25h'],
    [172_800_000, '2d'],
  ])('that are redrawn: %i ms as %s', (milliseconds, text) => expect(formatAge(milliseconds)).toBe(text))
})

describe('text of agents', () => {
  it('cannot move the cursor, colour anything or break a row', () => {
    expect(plain('a\u001b[2Jb\u001b]0;title\u0007c\r\nd\u0000e')).toBe('abc d e')
    expect(plain('\u202egnirts')).toBe(' gnirts')
  })

  it('keeps its value in JSON, and cannot move the cursor from there either', () => {
    const value = { text: 'a\u001b[2J\u009b2J\u007f\u202eb\nü' }
    expect(json(value)).toBe(String.raw`{"text":"a\u001b[2J\u009b2J\u007f\u202eb\nü"}`)
    expect(JSON.parse(json(value))).toEqual(value)
  })

  it('is measured in columns, not in characters', () => {
    expect(widthOf('日本')).toBe(4)
    expect(widthOf('e\u0301')).toBe(1)
    expect(widthOf('\u001b[31mred\u001b[39m')).toBe(3)
  })

  it('is cut to its columns and says so', () => {
    expect(truncate('abcdef', 4)).toBe('abc…')
    expect(truncate('日本語', 4)).toBe('日…')
    expect(truncate('abc', 3)).toBe('abc')
    expect(truncate('abc', 0)).toBe('')
    expect(truncate('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[39m')
  })
})

describe('a table', () => {
  interface Row {
    name: string
    count: number
    note: string
  }
  const columns: Column<Row>[] = [
    { title: 'NAME', value: row => row.name },
    { title: 'N', value: row => String(row.count), align: 'right' },
    { title: 'NOTE', value: row => row.note, flexible: true },
  ]
  const rows = [
    { name: 'a', count: 1, note: 'short' },
    { name: 'longer', count: 100, note: 'a note of some length' },
  ]

  it('aligns its columns and leaves no trailing space', () => {
    expect(formatTable(columns, rows, { paint: noPaint })).toEqual([
      'NAME      N  NOTE',
      'a         1  short',
      'longer  100  a note of some length',
    ])
  })

  it('cuts flexible columns, and only those, to fit the terminal', () => {
    const lines = formatTable(columns, rows, { paint: noPaint, width: 22 })
    expect(lines.every(line => line.length <= 22)).toBe(true)
    expect(lines[2]).toBe('longer  100  a note o…')
  })
})
