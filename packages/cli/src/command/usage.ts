/**
 * Help texts, in 80 columns. citty's own would be wider than that, and coloured whatever it is printed on.
 */
import type { ArgDef, ArgsDef } from 'citty'
import type { Paint } from '../output/paint.ts'
import { widthOf } from '../output/text.ts'
import { wrap } from '../output/wrap.ts'
import type { Accepted } from './arguments.ts'

const WIDTH = 80
const INDENT = 2
const GAP = 2
/** A name that is wider than this has its description below it. */
const WIDEST_NAME = 26

/** A name, and what it means. */
type Entry = [name: string, meaning: string]

export interface CommandUsage extends Accepted {
  description: string
  /** Command lines, without `oakum NAME`. */
  examples: readonly string[]
}

/** The help of one command. */
export function commandUsage(
  { name, description, args, operands, variadic, examples }: CommandUsage,
  paint: Paint,
): string {
  const named = Object.entries(args)
  const positionals = named.filter(([, { type }]) => type === 'positional')
  const slots = positionals.map(([slot, definition], index) => {
    const word = `${slot.toUpperCase()}${variadic === true && index === positionals.length - 1 ? ' …' : ''}`
    return definition.required === false ? `[${word}]` : word
  })
  const line = ['oakum', name, '[OPTIONS]', ...slots, ...(operands === undefined ? [] : [`-- ${operands} …`])]
  return [
    ...wrap(description, { width: WIDTH }),
    '',
    `${paint('bold', 'USAGE')} ${line.join(' ')}`,
    ...section('ARGUMENTS', positionals.map(argumentEntry), paint),
    ...section('OPTIONS', optionEntries(args), paint),
    ...linesOf(
      'EXAMPLES',
      examples.map(words => `  oakum ${name} ${words}`.trimEnd()),
      paint,
    ),
  ].join('\n')
}

export interface RootUsage {
  version: string
  description: string
  /** Options that every command takes. */
  args: ArgsDef
  commands: readonly Entry[]
}

/** The help of all. */
export function rootUsage({ version, description, args, commands }: RootUsage, paint: Paint): string {
  return [
    `${description} (oakum v${version})`,
    '',
    `${paint('bold', 'USAGE')} oakum COMMAND [OPTIONS]`,
    ...section('COMMANDS', commands, paint),
    ...section('OPTIONS', [...optionEntries(args), ['--version', 'Say which version this is']], paint),
    '',
    'oakum COMMAND --help says more of a command, with examples.',
  ].join('\n')
}

function section(title: string, entries: readonly Entry[], paint: Paint): string[] {
  const widest = Math.max(...entries.map(([name]) => widthOf(name)).filter(width => width <= WIDEST_NAME), 0)
  const indent = ' '.repeat(INDENT + widest + GAP)
  const lines = entries.flatMap(([name, meaning]) => {
    const [first = '', ...more] = wrap(meaning, { width: WIDTH, indent })
    const head = `${' '.repeat(INDENT)}${name}`
    const fits = widthOf(name) <= widest
    return fits ? [`${head.padEnd(indent.length)}${first.trimStart()}`, ...more] : [head, first, ...more]
  })
  return linesOf(title, lines, paint)
}

function linesOf(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), '', ...lines.map(line => line.trimEnd())]
}

function argumentEntry([name, { description = '' }]: [string, ArgDef]): Entry {
  return [name.toUpperCase(), description]
}

function optionEntries(args: ArgsDef): Entry[] {
  return Object.entries(args)
    .filter(([, { type }]) => type !== 'positional')
    .map(([name, definition]) => optionEntry(name, definition))
}

function optionEntry(name: string, definition: ArgDef): Entry {
  const { description = '', type } = definition
  if (type === 'boolean') {
    const off = definition.default === true // it can only be switched off
    return [
      `${shortOf(definition)}--${off ? 'no-' : ''}${name}`,
      off ? (definition.negativeDescription ?? description) : description,
    ]
  }
  const hint = ('valueHint' in definition && definition.valueHint) || name.toUpperCase()
  const choices = type === 'enum' ? (definition.options ?? []).join(', ') : ''
  const preset = definition.default === undefined ? '' : `default: ${String(definition.default)}`
  const notes = [choices, preset].filter(Boolean).join('; ')
  return [`${shortOf(definition)}--${name} ${hint}`, notes === '' ? description : `${description} (${notes})`]
}

function shortOf(definition: ArgDef): string {
  const alias = 'alias' in definition ? [definition.alias ?? []].flat() : []
  const letter = alias.find(name => name.length === 1)
  return letter === undefined ? '' : `-${letter}, `
}
