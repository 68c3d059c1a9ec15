import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  readonly model: string
  /** Undefined for the client's own default. */
  readonly baseUrl: string | undefined
  readonly apiKey: string
  readonly api: 'chat' | 'responses'
  readonly approve: 'ask' | 'auto' | 'never'
  /** Absolute. */
  readonly root: string
  /** Commands of MCP servers. */
  readonly mcp: readonly string[]
  readonly store: string
  readonly maxTurns: number
  /** Undefined to ask for it. */
  readonly prompt: string | undefined
}

/** The command line cannot be understood, or asks for what is not there. */
export class UsageError extends Error {}

export const HELP = `Usage: coding-agent [OPTIONS] [PROMPT]

A coding agent for any OpenAI-compatible endpoint. It reads and writes files below one folder, and runs commands in it.

  --model M            the model (default: gpt-5.2)
  --base-url URL       the endpoint (OPENAI_BASE_URL; default: OpenAI)
  --api chat|responses how to speak to it (default: chat)
  --approve MODE       before a command, a write or a call of an MCP server (default: ask)
                         ask    asks you; without a terminal the same as never
                         auto   allows them all
                         never  refuses them all; the agent can read files
  --root DIR           the folder to work in (default: .)
  --mcp 'COMMAND …'    tools of an MCP server, by the command that starts it; may be given more than once
  --store URL          the fleet to register in (OAKUM_STORE; default: as for oakum)
  --no-fleet           registers nowhere
  --max-turns N        turns that one prompt may take (default: 100)
  --help               prints this

The key comes from OPENAI_API_KEY. Ctrl-C cancels what the agent does, twice ends; so does Ctrl-D.
Without a terminal the prompt, or else standard input, is answered once: the answer goes to standard output, all else to
standard error.

Exit codes: 0 fine, 1 the prompt was not answered or something failed, 2 usage, 130 ended by Ctrl-C.

Examples:
  coding-agent
  coding-agent --approve auto 'make the tests pass'
  coding-agent --base-url http://127.0.0.1:11434/v1 --model qwen3-coder
  coding-agent --approve never 'what does this project do?' > answer.txt
  coding-agent --mcp 'npx @modelcontextprotocol/server-memory'
`

const OPTIONS = {
  model: { type: 'string', default: 'gpt-5.2' },
  'base-url': { type: 'string' },
  api: { type: 'string', default: 'chat' },
  approve: { type: 'string', default: 'ask' },
  root: { type: 'string', default: '.' },
  mcp: { type: 'string', multiple: true },
  store: { type: 'string' },
  'no-fleet': { type: 'boolean', default: false },
  'max-turns': { type: 'string', default: '100' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** @throws UsageError */
export function parseCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): Options | 'help' {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  if (values.store !== undefined && values['no-fleet']) throw new UsageError('give --store or --no-fleet, not both')
  const prompt = positionals.join(' ').trim()
  return {
    model: values.model,
    baseUrl: values['base-url'],
    apiKey: keyOf(env),
    api: oneOf('--api', ['chat', 'responses'], values.api),
    approve: oneOf('--approve', ['ask', 'auto', 'never'], values.approve),
    root: folder(values.root),
    mcp: values.mcp ?? [],
    store: values['no-fleet'] ? 'memory:' : (values.store ?? defaultStore(env)),
    maxTurns: count('--max-turns', values['max-turns']),
    prompt: prompt === '' ? undefined : prompt,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}; --help says what there is`)
  }
}

function keyOf({ OPENAI_API_KEY: key }: NodeJS.ProcessEnv): string {
  if (key !== undefined && key !== '') return key
  throw new UsageError('set OPENAI_API_KEY; for an endpoint that wants no key, to anything: OPENAI_API_KEY=none')
}

function oneOf<T extends string>(option: string, choices: readonly T[], value: string): T {
  const found = choices.find(choice => choice === value)
  if (found !== undefined) return found
  throw new UsageError(`${option} must be one of ${choices.join(', ')}, not ${value}`)
}

function folder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return resolve(path)
  throw new UsageError(`--root: there is no folder ${resolve(path)}`)
}

function count(option: string, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new UsageError(`${option} must be a whole number of at least 1, not ${value}`)
}

/** Where the command `oakum` looks. */
function defaultStore({ OAKUM_STORE: store, XDG_STATE_HOME: state }: NodeJS.ProcessEnv): string {
  if (store !== undefined && store !== '') return store
  return `sqlite:${join(state?.startsWith('/') === true ? state : join(homedir(), '.local/state'), 'oakum')}`
}
