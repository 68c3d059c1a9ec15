import { OakumError } from '../errors/error.ts'
import type { EventFilter, ReadOptions } from './event-log.ts'

/** What to read, checked and with its defaults. */
export interface Query extends EventFilter {
  after: number
  limit: number
  newest: boolean
  since?: number
}

/** @throws INVALID_OPTION */
export function normalizeQuery(options: ReadOptions): Query {
  const { after = 0, limit = 1_000, newest = false, since, workflow, agent, types } = options
  if (!Number.isSafeInteger(after) || after < 0) refuse('after', 'must be a whole number, 0 or more', after)
  if (!Number.isSafeInteger(limit) || limit < 1) refuse('limit', 'must be a whole number, 1 or more', limit)
  if (since !== undefined && !Number.isFinite(since)) refuse('since', 'must be milliseconds since 1970', since)
  return {
    after,
    limit,
    newest,
    ...(since === undefined ? undefined : { since }),
    ...(workflow === undefined ? undefined : { workflow }),
    ...(agent === undefined ? undefined : { agent }),
    ...(types === undefined ? undefined : { types }),
  }
}

function refuse(option: string, why: string, value: unknown): never {
  throw new OakumError('INVALID_OPTION', `${option} ${why}.`, { facts: { option, value } })
}
