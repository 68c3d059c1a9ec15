/**
 * Names of functions with and without their class.
 *
 * V8 says `run` of a method; a report says `AgentLoop.run` where a snapshot told the class. What is known without a snapshot
 * has to be compared without the class.
 */
import type { Frame } from './report.ts'

/** `run` of `AgentLoop.run`; other names as they are. */
export function withoutClass(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** A function with its file, as `run (/home/dev/src/loop.ts)`. */
export function siteText({ function: name, file }: Pick<Frame, 'function' | 'file'>): string {
  return `${name || 'top level'} (${file})`
}

/** Whether a text is in the {@link siteText}, or a pattern matches it. The text `AgentLoop.run` fits each `run` as well. */
export function matchesSite(pattern: string | RegExp, frame: Pick<Frame, 'function' | 'file'>): boolean {
  const text = siteText(frame)
  // Not `test`, which goes on from where it was for a pattern with the flags g or y.
  if (typeof pattern !== 'string') return text.search(pattern) >= 0
  return text.includes(pattern) || (isMethod(pattern) && withoutClass(pattern) === withoutClass(frame.function))
}

/** Whether a text is a method with its class, and neither a path nor a function alone. */
function isMethod(text: string): boolean {
  return /^[^/\\]+\.[^/\\.]+$/.test(text)
}
