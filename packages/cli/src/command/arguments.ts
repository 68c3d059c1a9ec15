import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { ArgDef, ArgsDef } from 'citty'
import { UsageError } from './errors.ts'
import { didYouMean } from './suggest.ts'

/** What a command accepts. */
export interface Accepted {
  name: string
  args: ArgsDef
  variadic?: boolean
  operands?: string
  words?: Readonly<Record<string, readonly string[]>>
}

/** Throws {@link UsageError} for an unknown option, a missing or needless value, or a positional too many or too few. */
export function checkArguments(command: Accepted, head: readonly string[], operands: readonly string[] | null): void {
  if (operands !== null && command.operands === undefined) {
    throw new UsageError(`${command.name} takes nothing after "--"`)
  }
  let positionals = 0
  const slots = Object.entries(command.args).filter(([, definition]) => definition.type === 'positional')
  for (const token of tokensOf(command.args, head)) {
    if (token.kind === 'option') checkOption(command, token)
    if (token.kind !== 'positional') continue
    if (++positionals > slots.length && command.variadic !== true) throw tooMany(command, token.value)
    const words = command.words?.[slots[positionals - 1]?.[0] ?? '']
    if (words?.includes(token.value) === false) throw notOneOf(command.name, words, token.value)
  }
  const missing = slots.slice(positionals).find(([, definition]) => definition.required !== false)
  if (missing) throw new UsageError(`${command.name} needs ${missing[0].toUpperCase()}`)
}

/** Every value that an option was given, in order. */
export function valuesOf(option: string, args: ArgsDef, head: readonly string[]): string[] {
  const values: string[] = []
  for (const token of tokensOf(args, head)) {
    if (token.kind === 'option' && token.name === option && token.value !== undefined) values.push(token.value)
  }
  return values
}

type Token = ReturnType<typeof tokensOf>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

function tokensOf(args: ArgsDef, head: readonly string[]) {
  const options: ParseArgsOptionsConfig = {}
  for (const [name, definition] of Object.entries(args)) {
    if (definition.type === 'positional') continue
    const short = aliasesOf(definition).find(alias => alias.length === 1)
    options[name] = { type: takesValue(definition) ? 'string' : 'boolean', ...(short === undefined ? {} : { short }) }
  }
  return parseArgs({ args: [...head], options, strict: false, allowPositionals: true, tokens: true }).tokens
}

function checkOption(command: Accepted, token: OptionToken): void {
  const negated = token.name.startsWith('no-') ? command.args[token.name.slice(3)] : undefined
  if (negated?.type === 'boolean' && token.value === undefined) return
  const definition = command.args[token.name]
  if (!definition || definition.type === 'positional') {
    const names = Object.keys(command.args).map(name => `--${name}`)
    throw new UsageError(
      `${command.name} has no option ${token.rawName}${didYouMean(token.rawName, [...names, '--help'])}`,
    )
  }
  if (!takesValue(definition) && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
  const swallowedOption = token.inlineValue === false && /^-./.test(token.value)
  if (takesValue(definition) && (token.value === undefined || token.value === '' || swallowedOption)) {
    throw new UsageError(`${token.rawName} needs a value`)
  }
  if (definition.type === 'enum' && definition.options?.includes(token.value ?? '') === false) {
    throw notOneOf(token.rawName, definition.options, token.value ?? '')
  }
}

function notOneOf(name: string, words: readonly string[], typed: string): UsageError {
  return new UsageError(`${name} takes one of ${words.join(', ')}, not "${typed}"${didYouMean(typed, words)}`)
}

function tooMany(command: Accepted, value: string): UsageError {
  const hint = command.operands === undefined ? '' : `; put "--" before ${command.operands}`
  return new UsageError(`${command.name} does not understand "${value}"${hint}`)
}

function takesValue(definition: ArgDef): boolean {
  return definition.type === 'string' || definition.type === 'enum'
}

function aliasesOf(definition: ArgDef): readonly string[] {
  if (!('alias' in definition) || definition.alias === undefined) return []
  return typeof definition.alias === 'string' ? [definition.alias] : definition.alias
}
