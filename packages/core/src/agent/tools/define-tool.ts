import { OakumError } from '../../errors/index.ts'
import type { JsonSchema } from '../model.ts'
import { compileSchema } from './json-schema/compile.ts'
import { isStandardSchema, jsonSchemaOf, validate, type OutputOf, type StandardSchema } from './standard-schema.ts'
import type { CheckedArguments, Tool, ToolContext } from './tool.ts'

/** What every tool says of itself. */
interface Described {
  /** 1 to 64 characters of A-Z a-z 0-9 _ and -; what all services take. */
  readonly name: string
  /** For the model: what it does, when to use it, what it answers. */
  readonly description: string
  /**
   * Whether a call may run beside others of the same turn.
   * @default true
   */
  readonly parallel?: boolean
}

/** A tool whose arguments a validator checks. */
export interface ValidatedToolOptions<S extends StandardSchema> extends Described {
  /** Any validator that implements Standard Schema, of an object. `execute` gets what it makes of the arguments. */
  readonly parameters: S
  /** What the model is told of the parameters. Needed only where the validator cannot say it itself. */
  readonly jsonSchema?: JsonSchema
  execute(args: OutputOf<S>, context: ToolContext): unknown
}

/** A tool whose arguments are checked by their JSON Schema. */
export interface JsonSchemaToolOptions<Args> extends Described {
  /** A JSON Schema of an object. `json-schema/compile.ts` says which part of the language is checked. */
  readonly parameters: JsonSchema
  /** Must reject soon once `context.signal` aborts, and own by `context.scope` what it starts. */
  execute(args: Args, context: ToolContext): unknown
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Makes a tool of a function.
 *
 * @example
 * ```ts
 * const weather = tool({
 *   name: 'weather',
 *   description: 'Tells the weather of a city.',
 *   parameters: z.object({ city: z.string() }),
 *   execute: ({ city }, { signal }) => fetchWeather(city, signal),
 * })
 * ```
 * @throws OakumError INVALID_OPTION
 */
export function tool<S extends StandardSchema>(options: ValidatedToolOptions<S>): Tool
/** The same with a JSON Schema; `Args` is what the caller knows that to describe. */
export function tool<Args = Readonly<Record<string, unknown>>>(options: JsonSchemaToolOptions<Args>): Tool
export function tool(options: ValidatedToolOptions<StandardSchema> | JsonSchemaToolOptions<unknown>): Tool {
  const { name, description, parallel } = options
  if (typeof name !== 'string' || !NAME.test(name)) {
    const message = `A tool’s name must be 1 to 64 characters of A-Z a-z 0-9 _ and -, not ${JSON.stringify(name)}.`
    throw new OakumError('INVALID_OPTION', message)
  }
  if (typeof options.execute !== 'function') {
    throw new OakumError('INVALID_OPTION', `The tool ${name} needs a function execute.`, { facts: { name } })
  }
  const made: Tool = {
    name,
    description,
    parameters: ofObject(name, describedBy(options)),
    check: checkOf(options),
    // The arguments are what `check` gave; the types of the signatures above say the same.
    execute: (args, context) => options.execute(args, context),
  }
  return parallel === undefined ? made : { ...made, parallel }
}

function checkOf({ parameters }: { readonly parameters: StandardSchema | JsonSchema }): Tool['check'] {
  if (isStandardSchema(parameters)) return args => validate(parameters, args)
  const check = compileSchema(parameters)
  return (args): CheckedArguments => {
    const problems = check(args)
    return problems.length === 0 ? { ok: true, value: args } : { ok: false, problem: problems.join('; ') }
  }
}

/** What the model is told of the parameters. */
function describedBy(options: ValidatedToolOptions<StandardSchema> | JsonSchemaToolOptions<unknown>): JsonSchema {
  const { name, parameters } = options
  if (!isStandardSchema(parameters)) return parameters
  if ('jsonSchema' in options && options.jsonSchema !== undefined) return options.jsonSchema
  const { vendor } = parameters['~standard']
  let schema: JsonSchema | undefined
  let cause: unknown
  try {
    schema = jsonSchemaOf(parameters)
  } catch (error) {
    cause = error
  }
  if (schema !== undefined) return schema
  const message = `The tool ${name} needs the option jsonSchema: ${vendor} does not say what these parameters are as JSON Schema.`
  throw new OakumError('INVALID_OPTION', message, { cause, facts: { name, vendor } })
}

/** Services take objects only, want their properties even if there are none, and some refuse the key `$schema`. */
function ofObject(name: string, { $schema: _dialect, ...schema }: JsonSchema): JsonSchema {
  if (schema.type === 'object') return { properties: {}, ...schema }
  const message = `The parameters of the tool ${name} must be an object: their JSON Schema needs "type": "object" at its top.`
  throw new OakumError('INVALID_OPTION', message, { facts: { name } })
}
