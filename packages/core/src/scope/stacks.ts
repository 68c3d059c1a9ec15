/** Where resources were created, kept beside them: only scopes that ask for `stacks` pay for one. */
interface Holder {
  stack?: string
}

const holders = new WeakMap<object, Holder>()

/** What stands above the user's own frame: the message, `adopt`, and the verb of `Scope`. */
const OWN_LINES = 3

/** Remembers the stack of a call of a verb; called by `adopt`. */
export function rememberStack(resource: object): void {
  const holder: Holder = {}
  Error.captureStackTrace(holder, rememberStack)
  holders.set(resource, holder)
}

/** The stack of a resource's creation, one frame per line, or undefined when none was asked for. */
export function stackOf(resource: object): string | undefined {
  return holders
    .get(resource)
    ?.stack?.split('\n')
    .slice(OWN_LINES)
    .map(line => line.trim())
    .join('\n')
}
