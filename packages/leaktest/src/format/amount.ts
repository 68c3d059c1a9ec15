import type { Estimate } from '../report.ts'

interface Formats {
  readonly integers: Intl.NumberFormat
  readonly twoDigits: Intl.NumberFormat
  readonly threeDigits: Intl.NumberFormat
}

/** Made when the first number is written: that takes a while, and a test that is clean writes none. */
let formats: Formats | undefined

/** A number with as many digits as say something: `0.48`, `12.3`, `2,000`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  // Minus zero, and what rounds to it, is zero.
  if (size < 0.005) return '0'
  const { integers, twoDigits, threeDigits } = (formats ??= makeFormats())
  return (size >= 100 ? integers : size >= 1 ? threeDigits : twoDigits).format(value)
}

/** A number with its noun: `1 byte`, `32 bytes`. */
export function formatCount(value: number, one: string, many: string = `${one}s`): string {
  const text = formatNumber(value)
  return `${text} ${text === '1' ? one : many}`
}

/** `96 bytes`, `12.3 kB`, `4.2 MB`; a kB is 1,000 bytes. */
export function formatBytes(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e7) return `${formatNumber(value / 1e6)} MB`
  if (size >= 1e4) return `${formatNumber(value / 1e3)} kB`
  return formatCount(value, 'byte')
}

/** How often: `1 listener per iteration`, `1 listener in 200 iterations`. An estimate near a whole number is that number. */
export function formatRate(perIteration: number, one: string, many?: string): string {
  const apart = 1 / perIteration
  const every = Math.round(apart)
  if (every >= 2 && isNear(apart, every)) return `1 ${one} in ${formatNumber(every)} iterations`
  const near = Math.round(perIteration)
  return `${formatCount(isNear(perIteration, near) ? near : perIteration, one, many)} per iteration`
}

/** An interval in words: `90 to 102`. */
export function formatInterval({ low, high }: Estimate): string {
  return `${formatNumber(low)} to ${formatNumber(high)}`
}

/** `0.42 s`, `12.3 s`. */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`
}

function isNear(value: number, whole: number): boolean {
  return Number.isFinite(value) && Math.abs(value - whole) <= whole * 0.1
}

function makeFormats(): Formats {
  return {
    integers: new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }),
    twoDigits: new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 }),
    threeDigits: new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }),
  }
}
