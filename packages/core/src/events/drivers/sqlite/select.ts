import type { EventFilter } from '../../event-log.ts'
import type { Query } from '../../query.ts'

/** Values for `:name`. */
export type NamedParameters = Record<string, number | string>

/**
 * The SELECT for a query. The text depends on which filters are given, never on their values: a few dozen texts at most,
 * each prepared once.
 *
 * A plus sign keeps SQLite from choosing that column's index: of several filters the narrowest leads (agent, workflow,
 * type), and several types are picked out in order of `seq`, since sorting what an index brings would cost the whole log.
 */
export function selectEvents(query: Query): { sql: string; parameters: NamedParameters } {
  const { since, after, limit } = query
  const filter = filterConditions(query)
  const where = ['seq > :after', ...filter.where]
  const parameters: NamedParameters = { ...filter.parameters, after, limit }
  if (since !== undefined) {
    // Where to begin comes from the index on time (with the plus sign; else SQLite walks the log up to the first match),
    // the order stays that of `seq`.
    where.push('+time >= :since', 'seq >= (SELECT min(+seq) FROM events WHERE time >= :since)')
    parameters['since'] = since
  }
  const order = query.newest ? 'DESC' : 'ASC'
  return {
    sql: `SELECT seq, id, type, time, workflow, agent, data FROM events
          WHERE ${where.join(' AND ')} ORDER BY seq ${order} LIMIT :limit`,
    parameters,
  }
}

/** The conditions of a filter. */
export function filterConditions({ agent, workflow, types }: EventFilter): {
  where: string[]
  parameters: NamedParameters
} {
  const where: string[] = []
  const parameters: NamedParameters = {}
  if (agent !== undefined) {
    where.push('agent = :agent')
    parameters['agent'] = agent
  }
  if (workflow !== undefined) {
    where.push(`${agent === undefined ? '' : '+'}workflow = :workflow`)
    parameters['workflow'] = workflow
  }
  if (types?.length === 1) {
    where.push(`${agent === undefined && workflow === undefined ? '' : '+'}type = :type`)
    parameters['type'] = types[0] ?? ''
  } else if (types !== undefined) {
    where.push('+type IN (SELECT value FROM json_each(:types))')
    parameters['types'] = JSON.stringify(types)
  }
  return { where, parameters }
}
