import { clearUnref } from '../clock/clear-unref.ts'
import { ProcessTable } from './table.ts'

/** Milliseconds to the first look after somebody came, and between looks once nobody has come for a while. */
const SOON = 100
const SLOWEST = 1_000

/** A look that costs much comes less often: at most this share of a processor goes into looking … */
const SHARE = 1 / 50
/** … but never less often than this, whatever a look seems to have cost. Milliseconds. */
const RAREST = 10_000

const followers = new Set<(table: ProcessTable) => void>()
let timer: NodeJS.Timeout | undefined
let dueAt = Infinity
let delay = SOON
/** Milliseconds that the last look worked; not the time that this process was kept from working meanwhile. */
let cost = 0

/**
 * Shows a fresh process table to the listener now and then, about once a second; the first time soon. All followers share one
 * timer, which does not keep this process running, and one table. Returns its own end.
 */
export function followTable(listener: (table: ProcessTable) => void): () => void {
  followers.add(listener)
  delay = SOON
  lookWithin(SOON)
  return () => {
    followers.delete(listener)
    if (followers.size === 0) stop()
  }
}

/** Looks in so many milliseconds, later where looks are expensive; earlier when a look is due anyway. */
function lookWithin(milliseconds: number): void {
  const wait = Math.max(milliseconds, Math.min(cost / SHARE, RAREST))
  const at = performance.now() + wait
  if (timer !== undefined && dueAt <= at) return
  stop()
  dueAt = at
  timer = setTimeout(show, wait).unref()
}

function stop(): void {
  clearUnref(timer)
  timer = undefined
}

function show(): void {
  timer = undefined
  const before = process.cpuUsage()
  const table = readIfPossible()
  if (table) for (const follower of followers) follower(table)
  const { user, system } = process.cpuUsage(before)
  cost = (user + system) / 1_000
  delay = Math.min(delay * 2, SLOWEST)
  if (followers.size > 0) lookWithin(delay)
}

/** A look that fails, for want of file descriptors say, is left out: the next one comes. */
function readIfPossible(): ProcessTable | undefined {
  try {
    return ProcessTable.read()
  } catch {
    return undefined
  }
}
