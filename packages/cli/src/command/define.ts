import { parseArgs as parseWithCitty, type ArgsDef, type ParsedArgs } from 'citty'
import type { Paint } from '../output/paint.ts'
import { checkArguments, valuesOf, type Accepted } from './arguments.ts'
import { commandUsage } from './usage.ts'

/** What a command's `run` gets. */
interface Invocation<A extends ArgsDef> {
  /** The options and positionals, by name. */
  args: ParsedArgs<A>
  /** What follows `--`, null when there is no `--`. */
  operands: readonly string[] | null
  /** Every value of an option that may be given more than once. */
  all: (option: string & keyof A) => string[]
}

export interface CommandOptions<A extends ArgsDef> {
  /** As it is called; its description stands in the list of commands. */
  name: string
  args: A
  /** Command lines for the help, without `oakum NAME`: the usual one first. */
  examples: readonly string[]
  /** The last positional may be given more than once; `args._` has all positionals. @default false */
  variadic?: boolean
  /** Positionals that are one of a few words; anything else is refused. */
  words?: Readonly<Record<string, readonly string[]>>
  /** What stands after `--` in the usage line; a command without it refuses `--`. */
  operands?: string
  /** Resolves to the exit code. An error that it throws is said in one line by the caller. */
  run(invocation: Invocation<A>): Promise<number>
}

/** A command with its option types erased, ready to be called. */
export interface Command {
  /** What it accepts, for completion. */
  readonly accepts: Accepted
  /** Checks the arguments, runs, and resolves to the exit code. Throws UsageError before anything is done. */
  run(head: readonly string[], operands: readonly string[] | null): Promise<number>
  /** What it is used for, command lines without `oakum NAME`. */
  readonly examples: readonly string[]
  /** The help text, headed by the description. */
  usage(description: string, paint: Paint): string
}

/**
 * Defines a command. citty parses; what it lets pass silently (unknown options, missing values, too
 * many positionals) is refused before.
 */
export function defineCommand<const A extends ArgsDef>(options: CommandOptions<A>): Command {
  return {
    accepts: options,
    examples: options.examples,
    async run(head, operands) {
      checkArguments(options, head, operands)
      return options.run({
        args: parseWithCitty<A>([...head], options.args),
        operands,
        all: option => valuesOf(option, options.args, head),
      })
    },
    usage: (description, paint) => commandUsage({ ...options, description }, paint),
  }
}
