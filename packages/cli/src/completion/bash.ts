import type { CommandSpec, OptionSpec } from './spec.ts'

/** A script for bash 3.2 or newer, to be read by `source`. */
export function bashScript(commands: readonly CommandSpec[]): string {
  return `# Completion of oakum for bash: source <(oakum completion bash)
_oakum() {
  # By blanks alone: bash itself also splits at ":" and "=", which ids and options have in them.
  local line=\${COMP_LINE:0:COMP_POINT} words cur prev command= word after= store=() options= values= positional= rest= count=0
  read -ra words <<< "$line"
  cur=\${line##*[[:blank:]]}
  [[ -z $cur ]] && words+=("")
  local last=$((\${#words[@]} - 1)) index
  prev=\${words[last - 1]}
  for ((index = 1; index < last; index++)); do
    word=\${words[index]}
    case $word in
      --) after=yes; break ;;
      --store) store=(--store "\${words[++index]}") ;;
      --store=*) store=("$word") ;;
      --config) ((index++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command=$word; else ((count++)); fi ;;
    esac
  done
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    cur=\${cur#*=}
  fi
  COMPREPLY=()

  case $command in
    '')
      options='--help --version --store --config'
      values='${commands.map(({ name }) => name).join(' ')}'
      ;;
${commands.map(commandCase).join('\n')}
  esac

  if [[ -n $after ]]; then
    [[ $positional == *command* ]] && COMPREPLY=($(compgen -c -- "$cur") $(compgen -f -- "$cur"))
    return
  fi
  case $command:$prev in
${commands.flatMap(({ name, options }) => options.flatMap(option => valueCase(name, option))).join('\n')}
    *:--store) COMPREPLY=($(compgen -W 'sqlite: memory:' -- "$cur")) ;;
    *:--config) COMPREPLY=($(compgen -f -- "$cur")) ;;
    *)
      if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
      else
        [[ $count -gt 0 && -n $rest ]] && values= positional=$rest
        [[ $positional == *agents* ]] && values=$("\${words[0]}" completion ids "\${store[@]}" 2> /dev/null)
        [[ $positional == *files* ]] && COMPREPLY=($(compgen -f -- "$cur"))
        [[ -n $values ]] && COMPREPLY=($(compgen -W "$values" -- "$cur"))
      fi
      ;;
  esac
  # What stands before the last colon is on the line already.
  local before=\${cur%"\${cur##*:}"}
  [[ -n $before && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("\${COMPREPLY[@]#"$before"}")
}
complete -F _oakum oakum
`
}

function commandCase({ name, options, positional, second, operands }: CommandSpec): string {
  const flags = options.flatMap(({ flag, short }) => (short === undefined ? [flag] : [flag, short])).join(' ')
  const kinds = [typeof positional === 'string' ? positional : '', operands ? 'command' : ''].filter(Boolean)
  const words = typeof positional === 'object' && positional !== null ? `; values='${positional.join(' ')}'` : ''
  const rest = second === null ? '' : `; rest='${second}'`
  return `    ${name}) options='${flags}'${words}; positional='${kinds.join(' ')}'${rest} ;;`
}

function valueCase(command: string, { flag, short, value }: OptionSpec): string[] {
  if (value === null || flag === '--store' || flag === '--config') return []
  const pattern = [flag, short].flatMap(word => (word === undefined ? [] : [`${command}:${word}`])).join(' | ')
  if (value === 'any') return [`    ${pattern}) ;;`]
  const reply = value === 'files' ? '$(compgen -f -- "$cur")' : `$(compgen -W '${value.join(' ')}' -- "$cur")`
  return [`    ${pattern}) COMPREPLY=(${reply}) ;;`]
}
