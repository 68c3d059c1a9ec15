import { UsageError } from '../command/errors.ts'
import { didYouMean } from '../command/suggest.ts'
import { SECTIONS, TOP_SETTINGS, type Kind, type OakumConfig, type Section } from './schema.ts'

/** @throws UsageError that names the file, the setting, and the one that was probably meant */
export function assertConfig(value: unknown, file: string): asserts value is OakumConfig {
  if (!isRecord(value)) throw new UsageError(`${file} has no configuration: it must export an object by default`)
  const { $schema: _, ...settings } = value // what editors look for in JSON
  assertNames(settings, TOP_SETTINGS, '', file)
  for (const name of ['store', 'namespace'] as const) assertKind(settings[name], 'text', name, file)
  assertKind(settings.redact, 'patterns', 'redact', file)
  for (const section of ['up', 'run'] as const) assertSection(settings[section], section, file)
}

function assertSection(value: unknown, section: Section, file: string): void {
  if (value === undefined) return
  if (!isRecord(value)) throw wrong(file, section, 'must be an object')
  const settings = SECTIONS[section]
  assertNames(value, Object.keys(settings), `${section}.`, file)
  for (const [name, { kind }] of Object.entries(settings)) assertKind(value[name], kind, `${section}.${name}`, file)
}

function assertNames(value: object, known: readonly string[], prefix: string, file: string): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    throw new UsageError(`${file} has an unknown setting, ${prefix}${name}${didYouMean(name, known)}`)
  }
}

/** What each kind of setting must be. */
const KINDS: Readonly<Record<Kind | 'text', { says: string; holds: (value: unknown) => boolean }>> = {
  text: { says: 'must be a text', holds: isText },
  value: { says: 'must be a text or a number', holds: value => isText(value) || Number.isFinite(value) },
  flag: { says: 'must be true or false', holds: value => typeof value === 'boolean' },
  labels: { says: 'must be an object of texts', holds: value => isRecord(value) && Object.values(value).every(isText) },
  patterns: {
    says: 'must be a list of texts or regular expressions',
    holds: value => Array.isArray(value) && value.every(item => isText(item) || item instanceof RegExp),
  },
}

function assertKind(value: unknown, kind: Kind | 'text', name: string, file: string): void {
  const { says, holds } = KINDS[kind]
  if (value !== undefined && !holds(value)) throw wrong(file, name, says)
}

function wrong(file: string, name: string, says: string): UsageError {
  return new UsageError(`${file}: ${name} ${says}`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
