import type { Query } from '../../query.ts'

/**
 * The SELECT for a query. The text depends on which filters are given, never on their values: a few dozen texts at most,
 * each prepared once.
 *
 * A plus sign keeps SQLite from choosing that column's index: of several filters the narrowest leads (agent, workflow,
 * type), and several types are picked out in order of `seq`, since sorting what an index brings would cost the whole log.
 */
export function selectEvents(query: Query): { sql: string; parameters: Record<string, number | string> } {
  const { workflow, agent, types, since, after, limit } = query
  const where = ['seq > :after']
  const parameters: Record<string, number | string> = { after, limit }

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
