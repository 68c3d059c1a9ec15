/**
 * Finds the inspector of a process, or has it opened.
 *
 * Once the process was asked, the way does not end before the inspector is there or the time is over: whoever aborts
 * wants it closed again, and for that it has to be reached first.
 */
import { now, pause } from '../engine.ts'
import { listeningSockets, type ListeningSocket } from './listening.ts'
import { assertReachable, assertWouldOpen, hasInspectorThread, isAlive, unreachable } from './node-process.ts'

/** An inspector that can be connected to. */
export interface OpenInspector {
  /** Of its WebSocket. */
  readonly url: string
  readonly socket: ListeningSocket
  /** Whether it was opened by us, and is to be closed again. */
  readonly opened: boolean
}

/** Milliseconds, as are all below. A program that is blocked opens it when it goes on. */
const OPEN_TIMEOUT = 30_000
/** After which an inspector that did not come may have been there before. */
const LOOK_AGAIN = 3_000
const ANSWER_TIMEOUT = 3_000
const POLL = 25
/** Bytes that the list of an inspector has at most. */
const LONGEST_LIST = 2 ** 20

/** Throws PROCESS_UNREACHABLE, INSPECTOR_MISSING, or the reason of a signal that aborted before the process was asked. */
export async function openInspector(pid: number, signal: AbortSignal): Promise<OpenInspector> {
  assertReachable(pid)
  const before = listeningSockets(pid)
  if (hasInspectorThread(pid)) {
    const found = await inspectorAmong(before)
    if (found !== undefined) return { ...found, opened: false }
  }
  assertWouldOpen(pid)
  signal.throwIfAborted()
  ask(pid)
  const asked = now()
  let looked = false
  while (now() - asked < OPEN_TIMEOUT) {
    if (!isAlive(pid)) throw unreachable(pid, 'ended')
    const known = new Set(before.map(({ inode }) => inode))
    const fresh = await inspectorAmong(listeningSockets(pid).filter(({ inode }) => !known.has(inode)))
    if (fresh !== undefined) return { ...fresh, opened: true }
    if (!looked && now() - asked > LOOK_AGAIN) {
      looked = true
      const old = await inspectorAmong(before)
      if (old !== undefined) return { ...old, opened: false }
    }
    await pause(POLL)
  }
  const why = 'opened no inspector when it was asked to: it is blocked, or handles SIGUSR1 itself'
  throw unreachable(pid, why)
}

/** Waits until nobody listens there any more. Returns whether that came. */
export async function untilClosed(pid: number, { inode }: ListeningSocket, timeout: number): Promise<boolean> {
  const began = now()
  for (;;) {
    if (!isAlive(pid) || !isListening(pid, inode)) return true
    if (now() - began > timeout) return false
    await pause(POLL)
  }
}

function isListening(pid: number, inode: string): boolean {
  try {
    return listeningSockets(pid).some(socket => socket.inode === inode)
  } catch {
    return false // the process has ended
  }
}

function ask(pid: number): void {
  try {
    process.kill(pid, 'SIGUSR1')
  } catch (cause) {
    throw unreachable(pid, 'cannot be asked to open its inspector', { cause })
  }
}

async function inspectorAmong(sockets: readonly ListeningSocket[]): Promise<Omit<OpenInspector, 'opened'> | undefined> {
  for (const socket of sockets) {
    const id = await idOfInspector(socket)
    if (id !== undefined) return { socket, url: `ws://${socket.host}:${socket.port}/${id}` }
  }
  return undefined
}

/** What the inspector calls its process; undefined when something else listens there. */
async function idOfInspector({ host, port }: ListeningSocket): Promise<string | undefined> {
  try {
    const list: unknown = JSON.parse(await fetchText(`http://${host}:${port}/json/list`))
    const [first]: unknown[] = Array.isArray(list) ? list : []
    const isNode = typeof first === 'object' && first !== null && 'type' in first && first.type === 'node'
    return isNode && 'id' in first && typeof first.id === 'string' ? first.id : undefined
  } catch {
    return undefined
  }
}

/** By a connection of its own, of which nothing is kept. */
async function fetchText(url: string): Promise<string> {
  // Loading it takes longer than all of this package, and few that import the package watch a process.
  const { get } = await import('node:http')
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(ANSWER_TIMEOUT) }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (piece: string) => {
        text += piece
        if (text.length > LONGEST_LIST) request.destroy(new Error('Too long an answer'))
      })
      response.on('end', () => resolve(text))
    })
    request.on('error', reject)
  })
}
