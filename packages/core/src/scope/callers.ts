/**
 * Who calls: which resources' code is running when `close()` is called.
 *
 * A task that closes its own scope cannot be waited for by that close. Node tells in which task the code runs, across
 * awaits, by an AsyncLocalStorage; it costs something per run, so it is paid where the user's code may well go on for
 * long (tasks, timers, listeners), and not for finalizers, which are known only until their first await.
 *
 * Invariant: a frame of code that has ended holds nothing, and no chain of frames grows with time: who starts a
 * successor and ends is cut out of the chain when the successor starts the next one.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Owned } from './owned.ts'

interface Frame {
  readonly resource: Owned
  /** The code that started this one and may be waiting for it. */
  outer: Frame | undefined
}

const frames = new AsyncLocalStorage<Frame>()

/** The finalizer whose synchronous part runs now, and those within whose synchronous part that one runs, the innermost last. */
let innermost: Owned | undefined
const outer: Owned[] = []

/** Calls a finalizer, which is known as a caller while its synchronous part runs. One in another is rare: only then a list. */
export function runFinalizer(resource: Owned): unknown {
  const before = innermost
  if (before !== undefined) outer.push(before)
  innermost = resource
  try {
    return resource.dispose()
  } finally {
    innermost = before
    if (before !== undefined) outer.pop()
  }
}

/** Calls a function as code of that resource. */
export function runAs<A extends unknown[], R>(resource: Owned, fn: (...args: A) => R, ...args: A): R {
  return frames.run({ resource, outer: liveFrame() }, fn, ...args)
}

/** The resources whose code makes this call, the innermost first; empty when none does. */
export function callers(): Owned[] {
  const found = innermost === undefined ? [] : [innermost, ...outer.toReversed()]
  for (let frame = liveFrame(); frame !== undefined; frame = frame.outer) {
    if (frame.resource.owner !== undefined) found.push(frame.resource)
  }
  return found
}

/** The innermost frame whose code still runs, with the frames of ended code cut out behind it. */
function liveFrame(): Frame | undefined {
  const frame = skipEnded(frames.getStore())
  if (frame !== undefined) frame.outer = skipEnded(frame.outer)
  return frame
}

function skipEnded(from: Frame | undefined): Frame | undefined {
  let frame = from
  while (frame !== undefined && frame.resource.owner === undefined) frame = frame.outer
  return frame
}
