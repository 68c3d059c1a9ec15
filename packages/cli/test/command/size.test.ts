import { describe, expect, it } from 'vitest'
import { parseSize } from '../../src/command/size.ts'
import { formatSize } from '../../src/output/size.ts'

describe('a size on the command line', () => {
  it.each([
    ['1', 1],
    ['4096', 4_096],
    ['200M', 200 * 1_024 ** 2],
    ['1.5G', 1.5 * 1_024 ** 3],
    ['512MiB', 512 * 1_024 ** 2],
    ['2 gb', 2 * 1_024 ** 3],
    ['64k', 65_536],
    ['1T', 1_024 ** 4],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text, '--max-memory')).toBe(bytes)
  })

  it.each(['', '0', '0G', '-1G', '4X', 'G', '1e9', '4G2', '0.5', '99999999T', 'much'])('refuses %j', text => {
    expect(() => parseSize(text, '--max-memory')).toThrow(
      `--max-memory wants a size such as 200M or 1.5G, not "${text}"`,
    )
  })
})

it.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1 KiB'],
  [104_857_600, '100 MiB'],
  [4.2 * 1_024 ** 3, '4.2 GiB'],
  [150.4 * 1_024 ** 2, '150 MiB'],
  [5_000 * 1_024 ** 4, '5000 TiB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})
