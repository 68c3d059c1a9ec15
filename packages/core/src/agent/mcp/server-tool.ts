import type { CheckedArguments, Tool, ToolContext } from '../tools/tool.ts'
import type { Connection, Progress } from './connection.ts'
import { isRecord } from './is-record.ts'
import { resultText } from './result-text.ts'
import type { ServerTool } from './server-tools.ts'

/** A tool that a server runs. `timeout` as of `Connection.request`. */
export function serverTool(connection: Connection, listed: ServerTool, timeout: number): Tool {
  const { serverName, ...spec } = listed
  return {
    ...spec,
    check: checkObject,
    execute: async (args: unknown, context: ToolContext): Promise<string> => {
      const result = await connection.request(
        'tools/call',
        { name: serverName, arguments: args },
        {
          signal: context.signal,
          timeout,
          onProgress: progress => context.output(`${progressText(progress)}\n`),
        },
      )
      const text = resultText(result)
      if (result.isError === true) throw new Error(text || 'The tool failed, and does not say why.')
      return text
    },
  }
}

/** The server checks the rest, and what it finds is an error for the model to read. */
function checkObject(args: unknown): CheckedArguments {
  return isRecord(args) ? { ok: true, value: args } : { ok: false, problem: 'The arguments must be an object.' }
}

function progressText({ progress, total, message }: Progress): string {
  return message ?? (total === undefined ? String(progress) : `${progress} of ${total}`)
}
