import type { Scope } from '../../scope/index.ts'
import { untilAborted } from '../../scope/resources/until-aborted.ts'

/**
 * Runs somebody else's code as a task of a scope, and awaits it until the signal aborts. Code that does not end then is the scope's: its
 * close waits for it, and names it if it refuses. What it throws is for who calls this alone, not for the scope's `onError`.
 *
 * @throws what the code threw; ABORTED, or the Oakum error that the signal was aborted with.
 */
export async function ownedWork<T>(
  scope: Scope,
  name: string,
  work: () => T | PromiseLike<T>,
  signal: AbortSignal,
): Promise<T> {
  const task = scope.task(name, async (): Promise<{ readonly value: T } | { readonly error: unknown }> => {
    try {
      return { value: await work() }
    } catch (error) {
      return { error }
    }
  })
  const outcome = await untilAborted(task, signal)
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
