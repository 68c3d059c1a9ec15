import { readFileSync } from 'node:fs'
import { commands, type CommandEntry } from '../commands/index.ts'
import { configArguments } from '../config/arguments.ts'
import { loadConfig } from '../config/load.ts'
import { paintFor, type Paint } from '../output/paint.ts'
import { valuesOf } from './arguments.ts'
import type { Command } from './define.ts'
import { reportError, UsageError } from './errors.ts'
import { EXIT } from './exit.ts'
import { storeArgs } from './store.ts'
import { didYouMean } from './suggest.ts'
import { rootUsage } from './usage.ts'

/**
 * Runs the command line `argv` (without node and script) and resolves to the exit code. Never throws: an error is one
 * line on stderr. What follows `--` belongs to the command that is run, and is never looked at here.
 */
export async function execute(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv)
  } catch (error) {
    return reportError(error)
  }
}

/** Options that may stand without a command, or before it. */
const KNOWN_WITHOUT_COMMAND: readonly string[] = [
  '--help',
  '-h',
  '--version',
  '-V',
  ...Object.keys(storeArgs).map(name => `--${name}`),
]

async function dispatch(argv: readonly string[]): Promise<number> {
  const dashes = argv.indexOf('--')
  const head = dashes < 0 ? argv : argv.slice(0, dashes)
  const operands = dashes < 0 ? null : argv.slice(dashes + 1)
  const at = commandIndex(head)
  const name = at < 0 ? undefined : head[at]
  const paint = paintFor(process.stdout)
  const wantsHelp = head.includes('--help') || head.includes('-h')

  if (name === undefined) {
    if (wantsHelp) return print(help(paint))
    if (head.includes('--version') || head.includes('-V')) return print(version())
    const unknown = head.find(word => word.startsWith('-') && !KNOWN_WITHOUT_COMMAND.includes(word))
    if (unknown === undefined) throw new UsageError('a command is missing: oakum --help lists them')
    throw new UsageError(`there is no option ${unknown}${didYouMean(unknown, KNOWN_WITHOUT_COMMAND)}`)
  }
  if (name === 'help') return dispatch([...head.toSpliced(at, 1), '--help'])
  const entry = find(name)
  if (!entry) throw new UsageError(`there is no command "${name}"${didYouMean(name, Object.keys(commands))}`)
  const command = await entry.load()
  if (wantsHelp) return print(command.usage(entry.description, paint))
  const words = head.toSpliced(at, 1)
  if (!('store' in command.accepts.args)) return command.run(words, operands)
  return runConfigured(command, name, words, operands)
}

/** What the configuration says stands before what the user typed: the last one of an option counts. */
async function runConfigured(
  command: Command,
  name: string,
  words: readonly string[],
  operands: readonly string[] | null,
): Promise<number> {
  const loaded = await loadConfig(valuesOf('config', command.accepts.args, words).at(-1))
  const defaults = loaded === null ? [] : configArguments(loaded.config, name, { typed: words })
  try {
    return await command.run([...defaults, ...words], operands)
  } catch (error) {
    if (!(error instanceof UsageError) || loaded === null) throw error
    const fromFile = defaults.some(word => error.message.startsWith(word.replace(/=.*/s, '')))
    throw fromFile ? new UsageError(`${error.message} (${loaded.file})`, { cause: error }) : error
  }
}

/** The first word that is neither an option nor the value of one that may stand before the command. */
function commandIndex(head: readonly string[]): number {
  const before = new Set(Object.keys(storeArgs).map(option => `--${option}`))
  return head.findIndex((word, index) => !word.startsWith('-') && !before.has(head[index - 1] ?? ''))
}

function find(name: string): CommandEntry | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined
}

function help(paint: Paint): string {
  return rootUsage(
    {
      version: version(),
      description: 'Runs fleets of AI agents that cannot leak',
      args: storeArgs,
      commands: Object.entries(commands).map(([name, { description }]) => [name, description]),
    },
    paint,
  )
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new Error('The package of oakum has no version.')
}

function print(text: string): number {
  console.log(text)
  return EXIT.ok
}
