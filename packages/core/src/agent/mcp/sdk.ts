/**
 * The one file that knows the package of the protocol. It is an optional peer: loaded when a server is first opened, and named
 * in the error where it is missing.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type {
  JSONRPCMessage,
  RequestId,
  ResultSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { OakumError } from '../../errors/index.ts'

export type { Client, JSONRPCMessage, RequestId, StreamableHTTPClientTransport, Transport }

/** The parts of the package that are used. */
export interface Sdk {
  readonly Client: typeof Client
  readonly StreamableHTTPClientTransport: typeof StreamableHTTPClientTransport
  readonly getDefaultEnvironment: () => Record<string, string>
  readonly deserializeMessage: (line: string) => JSONRPCMessage
  readonly serializeMessage: (message: JSONRPCMessage) => string
  readonly ResultSchema: typeof ResultSchema
  readonly ToolListChangedNotificationSchema: typeof ToolListChangedNotificationSchema
}

/** Throws PEER_MISSING. */
export async function loadSdk(): Promise<Sdk> {
  try {
    const [client, http, stdio, framing, types] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
      import('@modelcontextprotocol/sdk/client/stdio.js'),
      import('@modelcontextprotocol/sdk/shared/stdio.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ])
    return {
      Client: client.Client,
      StreamableHTTPClientTransport: http.StreamableHTTPClientTransport,
      getDefaultEnvironment: stdio.getDefaultEnvironment,
      deserializeMessage: framing.deserializeMessage,
      serializeMessage: framing.serializeMessage,
      ResultSchema: types.ResultSchema,
      ToolListChangedNotificationSchema: types.ToolListChangedNotificationSchema,
    }
  } catch (cause) {
    throw new OakumError(
      'PEER_MISSING',
      'mcp() needs the package @modelcontextprotocol/sdk, 1.30 or newer: npm install @modelcontextprotocol/sdk',
      { cause, facts: { package: '@modelcontextprotocol/sdk' } },
    )
  }
}
