/** A callback of the user threw: the run fails with that, and it is no failure of the model, whatever it looks like. */
export class CallbackFailure extends Error {
  constructor(thrown: unknown) {
    super('A callback threw.', { cause: thrown })
  }
}

/** Calls a callback. @throws CallbackFailure */
export function callBack<A extends unknown[]>(callback: ((...args: A) => void) | undefined, ...args: A): void {
  try {
    callback?.(...args)
  } catch (error) {
    throw new CallbackFailure(error)
  }
}
