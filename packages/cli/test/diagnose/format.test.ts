import { expect, it } from 'vitest'
import { formatObservation, formatReading } from '../../src/diagnose/format.ts'
import type { Trend } from '../../src/diagnose/trend.ts'
import { paintFor } from '../../src/output/paint.ts'
import { widthOf } from '../../src/output/text.ts'

const plain = paintFor(process.stdout)
const reading = { at: 0, processes: 12, descriptors: 1_234, threads: 123, memory: 123_456_789_012 }

function growing(perSecond: number): Trend {
  return {
    verdict: 'grows',
    first: 1_000,
    last: 123_456_789_012,
    highest: 123_456_789_012,
    perSecond: { value: perSecond, low: perSecond * 0.9, high: perSecond * 1.1 },
  }
}

it('fits into 80 columns, however much something grows', () => {
  const lines = formatObservation(
    {
      verdict: 'grows',
      trends: { memory: growing(22.83 * 2 ** 20), descriptors: { ...growing(123), last: 123_456 } },
      readings: [reading, reading],
      duration: 86_400_000,
    },
    { name: 'process 4194304 (node a-server-with-a-name)' },
    plain,
  )
  expect(lines).toHaveLength(3)
  for (const line of [...lines, formatReading(reading)]) expect(widthOf(line)).toBeLessThanOrEqual(80)
  expect(lines[2]).toMatch(/grows 7380 a minute \(6642 to 8118\)$/)
})

it('leaves out what the system does not tell', () => {
  expect(formatReading({ ...reading, descriptors: null, threads: null })).toBe('memory 115 GiB  processes 12')
})
