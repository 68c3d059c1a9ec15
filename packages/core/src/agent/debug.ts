/**
 * Tells people on stderr what a loop does, when they ask for it by the environment: everything by `DEBUG=oakum:agent` (a list, with `*` as
 * in `oakum:*`, and `-` before what is not meant), what is held around a cancel or an end by DEBUG_CANCEL=1 and DEBUG_TERMINATE=1.
 *
 * The environment is read when it is asked, so that it can be switched on in a program that runs. Off, it costs that read alone.
 */
import { inspect } from 'node:util'

/** The name that `DEBUG` knows the loop by. */
const TOPIC = 'oakum:agent'

/** Prints one line on something that happened. */
export type DebugLog = (what: string, facts?: object) => void

/** What prints lines on the loop of that name; undefined unless `DEBUG` asks for them. To be asked once per run. */
export function debugLog(name: string): DebugLog | undefined {
  return isAskedFor(process.env.DEBUG) ? (what, facts) => print(name, what, facts) : undefined
}

/**
 * Does the work, and prints what the loop holds before and after it, however it ends, when `DEBUG_CANCEL` or `DEBUG_TERMINATE`
 * is 1.
 */
export async function withDebugCounts<T>(
  what: 'cancel' | 'terminate',
  name: string,
  counts: () => object,
  work: () => Promise<T>,
): Promise<T> {
  const asked = what === 'cancel' ? process.env.DEBUG_CANCEL : process.env.DEBUG_TERMINATE
  if (asked !== '1') return work()
  print(name, `before ${what}`, counts())
  try {
    return await work()
  } finally {
    print(name, `after ${what}`, counts())
  }
}

function print(name: string, what: string, facts?: object): void {
  const text = facts === undefined ? '' : inspect(facts, { breakLength: Infinity, depth: 3, maxStringLength: 200 })
  const line = `${TOPIC} ${name}: ${what} ${text}`.replaceAll(/\s*\n\s*/g, ' ').trimEnd() // errors bring their stack
  process.stderr.write(`${new Date().toISOString()} ${line}\n`)
}

let latest: { readonly value: string | undefined; readonly asked: boolean } = { value: undefined, asked: false }

function isAskedFor(value: string | undefined): boolean {
  if (value !== latest.value) latest = { value, asked: names(value ?? '', TOPIC) }
  return latest.asked
}

function names(list: string, topic: string): boolean {
  const patterns = list.split(/[\s,]+/)
  const asked = patterns.some(pattern => matches(pattern, topic))
  return asked && !patterns.some(pattern => pattern.startsWith('-') && matches(pattern.slice(1), topic))
}

function matches(pattern: string, topic: string): boolean {
  const source = pattern.replaceAll(/[^\w*]/g, String.raw`\$&`).replaceAll('*', '.*')
  return new RegExp(`^${source}$`).test(topic)
}
