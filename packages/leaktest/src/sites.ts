import { fileURLToPath } from 'node:url'
import type { Births } from './births.ts'
import type { Frame, LeakSite } from './report.ts'
import { isProgram, type CallFrame } from './sampling.ts'

/** A site as a report names it, without what only a snapshot tells. */
export function siteOf(births: Births): LeakSite {
  const { frame, stack, survivors, objectsPerIteration, bytesPerIteration } = births
  const program = stack.filter(isProgram)
  const shown = program.length > 0 ? program : stack.filter(({ url }) => url !== '')
  return {
    ...frameOf(frame),
    exact: false,
    stack: shown.map(frameOf),
    objectsPerIteration,
    bytesPerIteration,
    survivors,
  }
}

/** A place as people count, from 1. */
function frameOf({ function: name, url, line, column }: CallFrame): Frame {
  return { function: name, file: pathOf(url), line: line + 1, column: column + 1 }
}

function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url
}
