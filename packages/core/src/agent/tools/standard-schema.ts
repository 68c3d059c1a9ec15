import type { JsonSchema } from '../model.ts'
import { below, shown } from './json-schema/check.ts'
import type { CheckedArguments } from './tool.ts'

/**
 * What validators have in common: the interface of Standard Schema, which Zod, Valibot, ArkType and others implement. Written down here as far
 * as tools need it, so that none of them is a dependency.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    /** Of Standard JSON Schema: those that have it can say what they accept. */
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
  }
}

type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a validator makes of a value that it accepts. */
export type OutputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** So many issues are told. */
const MOST_ISSUES = 5

/** Whether a value is a validator; some are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return '~standard' in value
}

/** The JSON Schema of what a validator accepts; undefined when it cannot say. Throws what it throws when it fails at that. */
export function jsonSchemaOf(schema: StandardSchema): JsonSchema | undefined {
  return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
}

/** Checks a value by a validator. Throws or rejects as that does. */
export async function validate(schema: StandardSchema, value: unknown): Promise<CheckedArguments> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return { ok: true, value: result.value }
  const told = result.issues.slice(0, MOST_ISSUES).map(describe)
  return { ok: false, problem: told.join('; ') }
}

function describe({ message, path = [] }: StandardIssue): string {
  const where = path.reduce<string>((so, part) => below(so, String(typeof part === 'object' ? part.key : part)), '')
  return `${shown(where)}: ${message}`
}
