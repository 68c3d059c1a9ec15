/**
 * The inspector of another process, by WebSocket over loopback.
 *
 * - When the connection is closed, V8 ends what was started over it: the sampling, and whatever was held.
 * - An inspector that was opened for the watch is closed again, also when the watch was aborted or failed.
 * - A program that ends waits for its debuggers to let it go: it is let go at once.
 */
import { now, pause } from '../engine.ts'
import { LeaktestError } from '../errors.ts'
import type { Methods } from '../inspector.ts'
import type { Connection } from './connection.ts'
import { unreachable } from './node-process.ts'
import { openInspector, untilClosed, type OpenInspector } from './open-inspector.ts'

/** Milliseconds, as are all below. A collection of a large heap takes seconds. */
const CALL_TIMEOUT = 60_000
const CONNECT_TIMEOUT = 30_000
const CLOSE_TIMEOUT = 10_000
const POLL = 10

/** Closes the inspector, and with it the connection: this is never answered. */
const CLOSE = "process.getBuiltinModule ? process.getBuiltinModule('node:inspector').close() : process._debugEnd()"

/**
 * @param end aborted by the caller to end the watch, or here when the process can't be watched any more; either way its
 *   reason is the error to throw.
 */
export async function connectTo(pid: number, end: AbortController): Promise<Connection> {
  const inspector = await openInspector(pid, end.signal)
  const socket = new WebSocket(inspector.url)
  const process = new RemoteProcess(pid, { inspector, socket, end })
  try {
    await process.connected()
    return process
  } catch (error) {
    await process.close()
    throw error
  }
}

/** What waits for an answer. */
interface Call {
  readonly method: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
}

class RemoteProcess implements Connection {
  readonly pid: number
  readonly #inspector: OpenInspector
  readonly #socket: WebSocket
  readonly #end: AbortController
  readonly #calls = new Map<number, Call>()
  #last = 0
  #isEnding = false

  constructor(
    pid: number,
    { inspector, socket, end }: { inspector: OpenInspector; socket: WebSocket; end: AbortController },
  ) {
    this.pid = pid
    this.#inspector = inspector
    this.#socket = socket
    this.#end = end
    socket.addEventListener('message', ({ data }) => this.#take(String(data)))
    // What went wrong is told by the close that follows.
    socket.addEventListener('error', () => {})
    socket.addEventListener('close', () => end.abort(unreachable(pid, 'ended, or closed its inspector')))
    end.signal.addEventListener('abort', () => this.#rejectAll(end.signal.reason))
  }

  async connected(): Promise<void> {
    const { CONNECTING, OPEN } = WebSocket
    await this.#untilState(state => state !== CONNECTING, CONNECT_TIMEOUT)
    if (this.#socket.readyState !== OPEN) throw unreachable(this.pid, 'does not answer its inspector')
    await this.#call('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true })
  }

  async post<M extends keyof Methods>(method: M, params?: Methods[M][0]): Promise<Methods[M][1]> {
    const result = await this.#call(method, params)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol says so
    return result as Methods[M][1]
  }

  async collect(): Promise<void> {
    await this.#call('HeapProfiler.collectGarbage')
  }

  async close(): Promise<boolean> {
    const { OPEN, CLOSED } = WebSocket
    const { opened, socket } = this.#inspector
    if (opened && !this.#isEnding && this.#socket.readyState === OPEN) {
      this.#send('Runtime.evaluate', { expression: CLOSE })
      await this.#untilState(state => state === CLOSED, CLOSE_TIMEOUT)
    }
    this.#socket.close()
    await this.#untilState(state => state === CLOSED, CLOSE_TIMEOUT)
    return !opened || (await untilClosed(this.pid, socket, CLOSE_TIMEOUT))
  }

  #call(method: string, params?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#end.signal.throwIfAborted()
      const id = this.#send(method, params)
      const timer = setTimeout(() => {
        this.#calls.delete(id)
        reject(unreachable(this.pid, `did not answer ${method} of its inspector: it is blocked`))
      }, CALL_TIMEOUT)
      this.#calls.set(id, { method, resolve, reject, timer })
    })
  }

  #send(method: string, params?: object): number {
    const id = ++this.#last
    this.#socket.send(JSON.stringify({ id, method, params }))
    return id
  }

  #take(text: string): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol says so
    const message = JSON.parse(text) as { id?: number; method?: string; result?: unknown; error?: { message: string } }
    if (message.method === 'NodeRuntime.waitingForDisconnect') {
      this.#isEnding = true
      this.#end.abort(unreachable(this.pid, 'ended'))
      this.#socket.close()
      return
    }
    const call = message.id === undefined ? undefined : this.#calls.get(message.id)
    if (message.id === undefined || call === undefined) return
    this.#calls.delete(message.id)
    clearTimeout(call.timer)
    if (message.error === undefined) return call.resolve(message.result)
    const why = `The inspector of process ${this.pid} refused ${call.method}: ${message.error.message}`
    call.reject(new LeaktestError('INSPECTOR_MISSING', why, { facts: { pid: this.pid } }))
  }

  #rejectAll(reason: unknown): void {
    for (const { reject, timer } of this.#calls.values()) {
      clearTimeout(timer)
      reject(reason)
    }
    this.#calls.clear()
  }

  /** Resolves when the WebSocket is in such a state, or the time is over. */
  async #untilState(isReached: (state: number) => boolean, timeout: number): Promise<void> {
    const began = now()
    while (!isReached(this.#socket.readyState) && now() - began < timeout) await pause(POLL)
  }
}
