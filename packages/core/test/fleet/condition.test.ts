import { expect, it } from 'vitest'
import { condition } from '../../src/fleet/index.ts'

const NOW = 1_000_000
const LEASE = {
  phase: 'alive',
  registeredAt: NOW - 500_000,
  leaseTtl: 120_000,
  stuckAt: null,
  stalledAt: null,
} as const

it.each([
  ['alive', { ...LEASE, lastBeat: NOW - 59_999 }],
  ['suspect', { ...LEASE, lastBeat: NOW - 60_000 }],
  ['suspect', { ...LEASE, phase: 'starting', lastBeat: null }],
  ['stuck', { ...LEASE, lastBeat: NOW - 59_999, stuckAt: NOW, stalledAt: NOW }],
  ['stalled', { ...LEASE, lastBeat: NOW - 59_999, stalledAt: NOW }],
  ['suspect', { ...LEASE, lastBeat: NOW - 60_000, stuckAt: NOW }],
  ['starting', { ...LEASE, phase: 'starting', registeredAt: NOW, lastBeat: null }],
  ['draining', { ...LEASE, phase: 'draining', lastBeat: NOW - 100_000 }],
  ['reaping', { ...LEASE, phase: 'reaping', lastBeat: NOW - 200_000 }],
  ['quarantined', { ...LEASE, phase: 'quarantined', lastBeat: NOW - 200_000 }],
] as const)('is %s', (expected, record) => {
  expect(condition(record, NOW)).toBe(expected)
})
