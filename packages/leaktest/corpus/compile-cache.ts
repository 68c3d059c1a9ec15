/**
 * What modules compile to is kept for the processes that come later: taking the types out of some hundred, for each case anew,
 * would take most of a second.
 */
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/oakum-compiled')

/** Cases that load ever new modules, each of which would be kept as well. */
export const UNCACHED: ReadonlySet<string> = new Set(['lazy-modules', 'module-registry', 'require-cache'])

/** The variables by which Node is told so, for the process of a case. */
export function cacheVariables(name: string): Record<string, string> {
  return UNCACHED.has(name) ? { NODE_DISABLE_COMPILE_CACHE: '1' } : { NODE_COMPILE_CACHE: FOLDER }
}
