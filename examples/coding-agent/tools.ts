import { mcp, readFile, shell, type Tool, type ToolSource, writeFile } from '@oakum/core/agent'
import type { Options } from './arguments.ts'

/** Commands run in the root; files are read and written below it alone. */
export function openTools({ root, mcp: servers }: Options): (Tool | ToolSource)[] {
  return [
    shell({ cwd: root, env: { OPENAI_API_KEY: undefined } }), // the key is none of the commands' business
    readFile({ roots: [root] }),
    writeFile({ roots: [root] }),
    ...servers.map((command, index) =>
      mcp({ name: `mcp${index + 1}`, command: '/bin/sh', args: ['-c', `exec ${command}`], cwd: root }),
    ),
  ]
}

/** The tools that change nothing, and need no approval. */
export const READ_ONLY: ReadonlySet<string> = new Set(['read_file'])
