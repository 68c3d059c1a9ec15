/**
 * Of each packet the header of 16 bytes is kept, as a view: it keeps the whole packet of 8 KiB. On the heap the view is
 * small; what it holds lies outside of it.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['remember', 'receivePacket'],
  retainer: 'headers',
  counter: 'buffers',
}

class PacketIndex {
  readonly #headers = new Map<number, Buffer>()
  #packets = 0

  remember(packet: Buffer): number {
    this.#packets += 1
    this.#headers.set(this.#packets, packet.subarray(0, 16)) // leaks here
    return this.#packets
  }
}

const index = new PacketIndex()

function receivePacket(): number {
  const packet = Buffer.alloc(8_192, 'x') // leaks here
  return index.remember(packet)
}

const scenario: Scenario = () => receivePacket()

export const options = { iterations: 2_400 }

export default scenario
