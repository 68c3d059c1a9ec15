/**
 * Small buffers from Node's shared slab, and large ones of their own, all dropped.
 *
 * Looks like a leak: a slab of 8 KB lives as long as any slice of it, and memory outside the heap is freed late.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

function frame(payload: Buffer): Buffer {
  const header = Buffer.allocUnsafe(4)
  header.writeUInt32BE(payload.length)
  return Buffer.concat([header, payload])
}

const scenario: Scenario = ({ iteration }) => {
  const frames = Array.from({ length: 10 }, (_, index) => frame(Buffer.from(`message ${iteration}.${index}`)))
  const large = Buffer.alloc(64 * 1024)
  let at = 0
  for (const one of frames) at += one.copy(large, at)
  return large.subarray(0, at).toString('base64').length
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
