import { fileURLToPath } from 'node:url'
import type { Births } from './births.ts'
import { isProgram, type CallFrame } from './call-frame.ts'
import type { Frame, LeakSite } from './report.ts'
import { sourcePlaceOf, type Place } from './source-places.ts'

/** Where code was written, by where it runs. */
export type PlaceMapping = (place: Place) => Place

/** A site as a report names it, without what only a snapshot tells. */
export function siteOf(births: Births, inSource: PlaceMapping = sourcePlaceOf): LeakSite {
  const { frame, stack, survivors, objectsPerIteration, bytesPerIteration } = births
  const program = stack.filter(isProgram)
  const shown = program.length > 0 ? program : stack.filter(({ url }) => url !== '')
  return {
    ...frameOf(frame, inSource),
    exact: false,
    stack: shown.map(one => frameOf(one, inSource)),
    objectsPerIteration,
    bytesPerIteration,
    survivors,
  }
}

/** A function's place as people count, from 1, and as they wrote it. */
export function frameOf(
  { function: name, url, line, column }: CallFrame,
  inSource: PlaceMapping = sourcePlaceOf,
): Frame {
  const place = inSource({ file: url, line: line + 1, column: column + 1 })
  return { function: name, file: pathOf(place.file), line: place.line, column: place.column }
}

function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url
}
