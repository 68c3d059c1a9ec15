/**
 * A server on loopback in a thread of its own, so that its side of a connection is no part of what a scenario leaves behind.
 * It answers whatever arrives by one small HTTP response, and never closes a connection itself.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface Peer {
  readonly port: number
  /** `http://` with address and port. */
  readonly url: string
  /** Ends the thread, and with it all connections. */
  readonly close: () => Promise<void>
}

/** Starts a server that the caller has to close. */
export async function startPeer(): Promise<Peer> {
  const thread = new Worker(new URL('./peer-thread.ts', import.meta.url), { execArgv: [] })
  const [port] = await once(thread, 'message')
  const close = async (): Promise<void> => void (await thread.terminate())
  return { port: Number(port), url: `http://127.0.0.1:${port}`, close }
}
