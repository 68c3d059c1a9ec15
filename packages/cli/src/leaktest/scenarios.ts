import { LeaktestError, type LeaktestOptions, type Scenario, type ScenarioDefinition } from '@oakum/leaktest'

/** A scenario of a module, with the options that the module gives it. */
export interface NamedScenario {
  readonly name: string
  readonly scenario: Scenario
  readonly options: LeaktestOptions
}

/**
 * The scenarios that a module exports: `default`, and each of `scenarios`, as a function or as `{ scenario, options }`. Its
 * `options` go for all of them. Throws INVALID_OPTION for an export that is none.
 */
export function scenariosOf(module: Readonly<Record<string, unknown>>, name: string): NamedScenario[] {
  const { default: main, scenarios = {}, options = {} } = module
  if (!isRecord(scenarios)) throw notUsable('scenarios', 'an object of scenarios')
  if (!isRecord(options)) throw notUsable('options', 'an object')
  const found = Object.entries(scenarios).map(([key, value]) =>
    named(`${name} › ${key}`, `scenarios.${key}`, value, options),
  )
  return main === undefined ? found : [named(name, 'default', main, options), ...found]
}

function named(name: string, path: string, value: unknown, shared: LeaktestOptions): NamedScenario {
  if (isScenario(value)) return { name, scenario: value, options: shared }
  if (isDefinition(value)) return { name, scenario: value.scenario, options: { ...shared, ...value.options } }
  throw notUsable(path, 'a function or { scenario, options }')
}

function notUsable(path: string, wanted: string): LeaktestError {
  return new LeaktestError('INVALID_OPTION', `The export \`${path}\` has to be ${wanted}.`, { facts: { export: path } })
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'function'
}

function isDefinition(value: unknown): value is ScenarioDefinition {
  return isRecord(value) && isScenario(value.scenario) && (value.options === undefined || isRecord(value.options))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
