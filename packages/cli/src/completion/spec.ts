/**
 * What can be completed, read off the table of commands: the scripts of all shells are made of this.
 */
import type { ArgDef } from 'citty'
import type { Accepted } from '../command/arguments.ts'
import type { CommandEntry } from '../commands/index.ts'

export interface OptionSpec {
  /** As it is typed: `--follow`, `--no-capture`. */
  flag: string
  /** `-f`; undefined without one. */
  short: string | undefined
  description: string
  /** What follows it; null when nothing does. `any` is a word that cannot be guessed. */
  value: Words | 'files' | 'any' | null
}

/** A few words to choose from. */
type Words = readonly string[]

export interface CommandSpec {
  name: string
  description: string
  options: OptionSpec[]
  /** What its first positional is, and those after it when it is variadic; null when it has none. */
  positional: Words | 'agents' | 'files' | 'any' | null
  /** What its second positional is. */
  second: 'files' | null
  /** Whether it may have more than one of them. */
  variadic: boolean
  /** Whether a command line of its own follows `--`. */
  operands: boolean
}

/** What positionals of these names are, throughout. */
const POSITIONALS: Readonly<Record<string, 'agents' | 'files'>> = { id: 'agents', target: 'agents', files: 'files' }

/** Loads every command. */
export async function readSpec(commands: Readonly<Record<string, CommandEntry>>): Promise<CommandSpec[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, entry]) => {
      const { accepts } = await entry.load()
      return specOf(name, entry.description, accepts)
    }),
  )
}

function specOf(name: string, description: string, accepts: Accepted): CommandSpec {
  const { args, words, variadic = false, operands } = accepts
  const named = Object.entries(args)
  const [first, other] = named.flatMap(([slot, { type }]) => (type === 'positional' ? [slot] : []))
  return {
    name,
    description,
    options: [
      ...named
        .filter(([, { type }]) => type !== 'positional')
        .map(([option, definition]) => optionOf(option, definition)),
      { flag: '--help', short: '-h', description: 'Say how it is used', value: null },
    ],
    positional: first === undefined ? null : (words?.[first] ?? POSITIONALS[first] ?? 'any'),
    second: other === undefined ? null : 'files',
    variadic,
    operands: operands !== undefined,
  }
}

function optionOf(name: string, definition: ArgDef): OptionSpec {
  const { description = '' } = definition
  // A flag that is on by itself is only ever switched off.
  const off = definition.type === 'boolean' && definition.default === true
  const flag = off ? `--no-${name}` : `--${name}`
  const negative = 'negativeDescription' in definition ? definition.negativeDescription : undefined
  return {
    flag,
    short: shortOf(definition),
    description: off ? (negative ?? description) : description,
    value: valueOf(definition),
  }
}

function shortOf(definition: ArgDef): string | undefined {
  if (!('alias' in definition) || definition.alias === undefined) return undefined
  const letter = [definition.alias].flat().find(alias => alias.length === 1)
  return letter === undefined ? undefined : `-${letter}`
}

function valueOf(definition: ArgDef): OptionSpec['value'] {
  if (definition.type === 'enum') return definition.options ?? []
  if (definition.type !== 'string') return null
  return definition.valueHint === 'FILE' ? 'files' : 'any'
}
