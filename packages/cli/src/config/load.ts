import { readFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../command/errors.ts'
import { findConfig } from './find.ts'
import type { OakumConfig } from './schema.ts'
import { assertConfig } from './validate.ts'

/** In place of a file: do without, for when the one that is there does not work. */
const NONE = 'none'

/** A configuration, and where it comes from. */
export interface LoadedConfig {
  /** As an absolute path. */
  file: string
  config: OakumConfig
}

/**
 * Loads the file that is named, else that of OAKUM_CONFIG, else the one in the working directory or above it. Node runs it as it is,
 * types stripped. Null when there is none, or when `none` is named.
 *
 * @throws UsageError when it cannot be loaded, or says what no configuration says
 */
export async function loadConfig(
  named: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): Promise<LoadedConfig | null> {
  const wanted = named ?? (env.OAKUM_CONFIG === '' ? undefined : env.OAKUM_CONFIG)
  if (wanted === NONE) return null
  const file = wanted === undefined ? findConfig(folder) : resolve(folder, wanted)
  if (file === undefined) return null
  const config: unknown = await read(file)
  assertConfig(config, file)
  return { file, config: withAbsoluteStore(config, dirname(file)) }
}

async function read(file: string): Promise<unknown> {
  try {
    if (extname(file) === '.json') return JSON.parse(readFileSync(file, 'utf8'))
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href)
    return await module.default
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${file} cannot be loaded: ${why}`, { cause })
  }
}

function withAbsoluteStore(config: OakumConfig, folder: string): OakumConfig {
  const relative = /^sqlite:(?!\/)(?<path>.+)$/s.exec(config.store ?? '')?.groups?.['path']
  return relative === undefined ? config : { ...config, store: `sqlite:${join(folder, relative)}` }
}
