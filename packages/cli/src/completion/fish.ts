import type { CommandSpec, OptionSpec } from './spec.ts'

/** A script for fish, to be read by `source`, or for `~/.config/fish/completions/oakum.fish`. */
export function fishScript(commands: readonly CommandSpec[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const none = quote(`not __fish_seen_subcommand_from ${names}`)
  return [
    '# Completion of oakum for fish: oakum completion fish | source',
    'complete -c oakum -f',
    ...commands.map(({ name, description }) => `complete -c oakum -n ${none} -a ${name} -d ${quote(description)}`),
    ...commands.flatMap(commandLines),
    '',
  ].join('\n')
}

function commandLines({ name, options, positional, second, operands }: CommandSpec): string[] {
  const here = `complete -c oakum -n ${quote(`__fish_seen_subcommand_from ${name}`)}`
  return [
    ...options.map(option => `${here} ${optionWords(option)}`),
    ...[positional, second].flatMap(what => (what === null || what === 'any' ? [] : [`${here} ${valueWords(what)}`])),
    ...(operands ? [`${here} -a ${quote('(__fish_complete_subcommand --fcs-skip=2)')}`] : []),
  ]
}

function optionWords({ flag, short, description, value }: OptionSpec): string {
  const letter = short === undefined ? '' : ` -s ${short.slice(1)}`
  const argument = value === null ? '' : ` -r ${valueWords(value)}`
  return `-l ${flag.slice(2)}${letter} -d ${quote(description)}${argument}`.trimEnd()
}

function valueWords(what: Exclude<OptionSpec['value'] | CommandSpec['positional'], null>): string {
  if (what === 'agents') return `-a ${quote('(oakum completion ids 2>/dev/null)')}`
  if (what === 'files') return '-F'
  return what === 'any' ? '' : `-f -a ${quote(what.join(' '))}`
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}
