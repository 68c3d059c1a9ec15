/**
 * A cache that holds its values weakly, and deletes the key of a value that was collected.
 *
 * Looks like a leak: keys, WeakRefs and registrations stay until the collector has run and the registry has been called.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Image {
  readonly name: string
  readonly pixels: readonly number[]
}

const images = new Map<string, WeakRef<Image>>()
const registry = new FinalizationRegistry<string>(name => {
  if (images.get(name)?.deref() === undefined) images.delete(name)
})

function load(name: string): Image {
  const known = images.get(name)?.deref()
  if (known !== undefined) return known
  const image = { name, pixels: [0, 1, 2, 3] }
  images.set(name, new WeakRef(image))
  registry.register(image, name)
  return image
}

const scenario: Scenario = ({ iteration }) => load(`${iteration}.png`).pixels.length

export default scenario
export const expected: Expected = { verdict: 'clean' }
