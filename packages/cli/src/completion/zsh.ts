import type { CommandSpec, OptionSpec } from './spec.ts'

/** A script for zsh, for a folder of `fpath` as `_oakum`, or to be read by `source` after `compinit`. */
export function zshScript(commands: readonly CommandSpec[]): string {
  return `#compdef oakum
# Completion of oakum for zsh: source <(oakum completion zsh)
_oakum_ids() {
  local -a ids
  ids=("\${(@f)$(_call_program agents oakum completion ids 2> /dev/null)}")
  compadd -a ids
}
_oakum() {
  local -a commands
  local state line
  commands=(
${commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`).join('\n')}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _oakum "$@"; else compdef _oakum oakum; fi
`
}

function commandCase(command: CommandSpec): string {
  const specs = [...command.options.flatMap(optionSpecs), ...positionalSpecs(command)]
  return `        ${command.name})\n          _arguments -s -S \\\n            ${specs.join(' \\\n            ')}\n          ;;`
}

function optionSpecs({ flag, short, description, value }: OptionSpec): string[] {
  const text = `[${description.replaceAll(/[\\[\]:]/g, String.raw`\$&`)}]`
  const action = value === null ? '' : `:value:${actionOf(value)}`
  const long = quote(`${flag}${value === null ? '' : '='}${text}${action}`)
  return short === undefined ? [long] : [long, quote(`${short}${text}${action}`)]
}

function positionalSpecs({ positional, second, variadic, operands }: CommandSpec): string[] {
  if (operands) return [quote('*::command:_normal')]
  if (positional === null) return []
  const first = quote(`${variadic ? '*' : '1'}:argument:${actionOf(positional)}`)
  return second === null ? [first] : [first, quote(`2:argument:${actionOf(second)}`)]
}

function actionOf(what: OptionSpec['value'] | CommandSpec['positional']): string {
  if (what === 'agents') return '_oakum_ids'
  if (what === 'files') return '_files'
  return what === null || typeof what === 'string' ? ' ' : `(${what.join(' ')})`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
