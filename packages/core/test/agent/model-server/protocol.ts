import type { FullReply, ProtocolName, ScriptedRequest } from './reply.ts'

/** How one service streams a reply. */
export interface Protocol {
  readonly name: ProtocolName
  readonly path: string
  /** All events of a stream that goes well, first to last. */
  events(reply: FullReply, request: ScriptedRequest): Iterable<ServerEvent>
  /** The body that a server sends which does not stream. */
  whole(reply: FullReply, request: ScriptedRequest): unknown
  /** The body of an answer with an error status. */
  failure(status: number, code: string, message: string): unknown
  /** The event that says in mid-stream that something went wrong. */
  errorEvent(code: string, message: string): ServerEvent
  /** The event that says that the response failed, if that is another one. */
  failedEvent?(reply: FullReply, code: string, message: string): ServerEvent
  /** An event that nobody has heard of. */
  unknownEvent(): ServerEvent
  /** An event whose JSON is broken, where its name matters. */
  brokenEvent?(): ServerEvent
}

/** One server-sent event. */
export interface ServerEvent {
  readonly event?: string
  /** Sent as JSON; a string as it is. */
  readonly data: unknown
  /** A piece of what the model says: those are what the options for trouble count. */
  readonly piece?: true
}
