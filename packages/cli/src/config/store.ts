import { join } from 'node:path'
import { validateId } from '@oakum/core/fleet'
import { UsageError } from '../command/errors.ts'
import { storeUrl } from '../command/store.ts'
import type { OakumConfig } from './schema.ts'

/** A store that is not named on the command line. */
export interface ConfiguredStore {
  url: string
  from: 'OAKUM_STORE' | 'file' | 'default'
}

/**
 * The store that counts when the command line names none. A namespace is a folder of its own within the file's store, or within
 * the default one; OAKUM_STORE names a store whole.
 *
 * @throws UsageError, OakumError INVALID_ID
 */
export function configuredStore(config: OakumConfig, env: NodeJS.ProcessEnv = process.env): ConfiguredStore {
  const url = storeUrl(undefined, env)
  if (env.OAKUM_STORE !== undefined && env.OAKUM_STORE !== '') return { url, from: 'OAKUM_STORE' }
  const { store, namespace } = config
  if (store === undefined && namespace === undefined) return { url, from: 'default' }
  return { url: namespace === undefined ? (store ?? url) : within(store ?? url, namespace), from: 'file' }
}

function within(url: string, namespace: string): string {
  const folder = /^sqlite:(?<path>.+)$/s.exec(url)?.groups?.['path']
  if (folder === undefined) throw new UsageError(`the configuration's namespace needs a store in a folder, not ${url}`)
  const id = validateId(namespace)
  if (id === '.' || id === '..') throw new UsageError(`a namespace cannot be ${namespace}: it names a folder`)
  return `sqlite:${join(folder, id)}`
}
