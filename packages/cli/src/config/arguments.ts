import { SECTIONS, type OakumConfig, type Section } from './schema.ts'
import { configuredStore } from './store.ts'

/**
 * What a command line of a command would say to the same effect, beside what the user typed. Put before it: the last value of an
 * option counts. Of a flag, `--no-…` would count wherever it stands, so one that was typed is left out here.
 */
export function configArguments(
  config: OakumConfig,
  command: string,
  { typed = [], env = process.env }: { typed?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): string[] {
  const store = configuredStore(config, env)
  const ownStore = command === 'up' && typed.includes('--demo') // the demo makes one, and removes it
  return [
    ...(store.from === 'file' && !ownStore ? [`--store=${store.url}`] : []),
    ...(command === 'run' ? (config.redact ?? []).map(pattern => `--redact=${String(pattern)}`) : []),
    ...(isSection(command) ? sectionArguments(config, command, typed) : []),
  ]
}

/** What the settings of a section may be. */
type Value = string | number | boolean | Readonly<Record<string, string>> | undefined

function sectionArguments(config: OakumConfig, section: Section, typed: readonly string[]): string[] {
  const values: Readonly<Record<string, Value>> = { ...config[section] }
  return Object.entries(SECTIONS[section]).flatMap(([name, { option }]) => {
    return optionArguments(`--${option}`, values[name], typed)
  })
}

function optionArguments(option: string, value: Value, typed: readonly string[]): string[] {
  if (value === undefined) return []
  if (typeof value === 'object') return Object.entries(value).map(([name, text]) => `${option}=${name}=${text}`)
  if (typeof value !== 'boolean') return [`${option}=${value}`]
  const negated = option.replace('--', '--no-')
  if (typed.includes(option) || typed.includes(negated)) return []
  return [value ? option : negated]
}

function isSection(command: string): command is Section {
  return Object.hasOwn(SECTIONS, command)
}
