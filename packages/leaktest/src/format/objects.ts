import type { LeakSite } from '../report.ts'
import { formatRate } from './amount.ts'

/** How many objects of which type a site leaves: `2 objects (Listener) per iteration`. */
export function formatObjects({ type, objectsPerIteration }: Pick<LeakSite, 'type' | 'objectsPerIteration'>): string {
  return type === undefined || type === 'Object'
    ? formatRate(objectsPerIteration, 'object')
    : formatRate(objectsPerIteration, `object (${type})`, `objects (${type})`)
}
