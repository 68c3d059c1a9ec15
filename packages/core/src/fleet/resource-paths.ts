/**
 * Which resources are places in the file system, and which of them lie in which. Their keys are real paths.
 */

/** Kinds whose key is a path. */
export const PATH_KINDS: readonly string[] = ['directory', 'worktree', 'lock']

/** Of these, the kinds that are removed with all that is in them. */
const TREE_KINDS: ReadonlySet<string> = new Set(['directory', 'worktree'])

/**
 * The paths below one that is removed as a tree: those from `from` on and before `to`, by their bytes. Null for what holds
 * nothing else.
 */
export function pathsBelow(kind: string, key: string): { from: string; to: string } | null {
  return TREE_KINDS.has(kind) ? { from: `${key}/`, to: `${key}0` } : null // '0' is the character after '/'
}
