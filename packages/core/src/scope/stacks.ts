/** Where resources were created, kept beside them: only scopes that ask for `stacks` pay for one. */
export interface StackHolder {
  /** Formatted by the engine when first read. */
  readonly stack?: string
}

/** What stands above the user's own frame: the message, and two functions of ours (`adopt` and a verb, or a pool's). */
const OWN_LINES = 3

const holders = new WeakMap<object, StackHolder>()

/** The stack of a call of a verb, from within `adopt` or what is as deep. */
export function captureStack(): StackHolder {
  const holder: StackHolder = {}
  Error.captureStackTrace(holder, captureStack)
  return holder
}

export function setStack(resource: object, holder: StackHolder): void {
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
